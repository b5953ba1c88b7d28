/** Talks to the API by cookies, with the CSRF token beside them. */

const ORIGIN = document.querySelector('meta[name="tickbox-api"]')?.content ?? "";
const BASE = `${ORIGIN}/api/v1`;
const TRIES = 6;
const LONGEST_WAIT = 120; // seconds
const LATER = [429, 502, 503, 504]; // said by the service, or by a proxy for one that is being restarted
const SAFE = ["GET", "HEAD"];
const WITHOUT_SESSION = /^\/auth\/(login|register|refresh|password-reset.*|verify-email)$/;

/** What the service refused, a problem document (RFC 9457): `status`, `code`, `detail`, `errors` by field, `current` of a conflict, `retryAfter` in seconds. */
export class Problem extends Error {
  constructor(status, document, retryAfter) {
    super(document.detail ?? document.title ?? `Status ${status}`);
    Object.assign(this, { errors: {}, code: "", ...document, status, retryAfter });
  }
}

/** No answer came. */
export class Offline extends Error {}

/** Whether the service would not do it now, and may another time. */
export const isForLater = (problem) => LATER.includes(problem.status);

const listeners = { ended: () => {}, waiting: () => {} };

/** Be told when the session has `ended()`, and when a request is `waiting(seconds)` as it was told to, 0 when it goes on. */
export function listen(to) {
  Object.assign(listeners, to);
}

/** A new idempotency key. Unlike `crypto.randomUUID` this works on plain HTTP, too. */
export function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** The address of a file; `path` is one below /api/v1, or one that the API named. */
export function fileUrl(path) {
  return path.startsWith("/api/") || path.startsWith("http") ? new URL(path, ORIGIN || location.href).href : `${BASE}${path}`;
}

/**
 * Gives `{ data, next }`, `next` being the cursor of the next page.
 *
 * `query` is an object whose arrays repeat their name, `body` is sent as JSON, `form` as multipart. Each POST has an idempotency key,
 * so all may be sent again: where it is for later it is, when the service said, if that is within `wait` seconds. Throws Problem, Offline, AbortError.
 */
export async function request(method, path, { query, body, form, ifMatch, key = newKey(), signal, wait = LONGEST_WAIT, onProgress } = {}) {
  const address = `${BASE}${path}${search(query)}`;
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (ifMatch !== undefined) headers["If-Match"] = `"${ifMatch}"`;
  if (method === "POST") headers["Idempotency-Key"] = key;
  const send = form && onProgress ? upload : fetchAnswer;
  for (let attempt = 1; ; attempt++) {
    try {
      return await withSession(method, path, (csrf) =>
        send(address, { method, headers: { ...headers, ...csrf }, body: form ?? (body && JSON.stringify(body)), signal, onProgress }),
      );
    } catch (problem) {
      if (!isForLater(problem) || problem.retryAfter > wait || attempt === TRIES) throw problem;
      await told(problem.retryAfter, signal);
    }
  }
}

export const get = (path, query, options) => request("GET", path, { query, ...options });
export const post = (path, body, options) => request("POST", path, { body, ...options });
export const patch = (path, body, options) => request("PATCH", path, { body, ...options });
export const remove = (path, options) => request("DELETE", path, options);

/** All objects of a collection. */
export async function all(path, query = {}) {
  const found = [];
  let cursor;
  do {
    const page = await get(path, { limit: 200, ...query, cursor });
    found.push(...page.data.data);
    cursor = page.next;
  } while (cursor);
  return found;
}

/** Whether there is a session, as far as a page can see. */
export const hasSession = () => Boolean(cookie("csrf_access_token") || cookie("csrf_refresh_token"));

/** Whether its tokens still last. A link to a file is followed without asking for new ones. */
export const isFresh = () => Boolean(cookie("csrf_access_token")) || !cookie("csrf_refresh_token");

export async function revive() {
  if (!isFresh()) await refresh();
}

async function withSession(method, path, send) {
  if (path === "/auth/refresh") return withToken("csrf_refresh_token", send);
  if (WITHOUT_SESSION.test(path)) return send({});
  const sendOnce = () => (SAFE.includes(method) ? send({}) : withToken("csrf_access_token", send));
  await revive();
  try {
    return await sendOnce();
  } catch (problem) {
    if (problem.status !== 401) throw problem;
    await refresh();
    return sendOnce();
  }
}

/** Another tab may renew the session between the look at the token and the request. */
async function withToken(name, send) {
  const csrf = () => ({ "X-CSRF-TOKEN": cookie(name) });
  try {
    return await send(csrf());
  } catch (problem) {
    if (problem.code !== "csrf_failed") throw problem;
    return send(csrf());
  }
}

let refreshing = null;

/** Asked for once, however many requests need it. */
function refresh() {
  refreshing ??= request("POST", "/auth/refresh")
    .catch((problem) => {
      if (problem.status === 401 || problem.status === 403) listeners.ended();
      throw problem;
    })
    .finally(() => {
      refreshing = null;
    });
  return refreshing;
}

async function fetchAnswer(address, { onProgress: _, ...options }) {
  let answer;
  let body;
  try {
    answer = await fetch(address, { credentials: "include", cache: "no-store", ...options });
    body = await answer.text();
  } catch (error) {
    throw error.name === "AbortError" ? error : new Offline(error.message);
  }
  return read(answer.status, body, answer.headers.get("Retry-After"));
}

/** `onProgress` is told the share of the body that is sent, from 0 to 1: fetch cannot say that. */
function upload(address, { method, headers, body: form, signal, onProgress }) {
  return new Promise((resolve, reject) => {
    const sender = new XMLHttpRequest();
    sender.open(method, address);
    sender.withCredentials = true;
    for (const [name, value] of Object.entries(headers)) sender.setRequestHeader(name, value);
    sender.upload.onprogress = ({ loaded, total }) => onProgress(total ? loaded / total : 0);
    sender.onerror = () => reject(new Offline());
    sender.onabort = () => reject(new DOMException("called off", "AbortError"));
    sender.onload = () => {
      try {
        resolve(read(sender.status, sender.responseText, sender.getResponseHeader("Retry-After")));
      } catch (problem) {
        reject(problem);
      }
    };
    signal?.addEventListener("abort", () => sender.abort());
    sender.send(form);
  });
}

function read(status, text, retryAfter) {
  const data = parse(text);
  // A proxy that answers for the service knows no problem documents.
  if (status >= 400) throw new Problem(status, data ?? {}, Number(retryAfter) || 1);
  return { data, next: data?.next_cursor ?? null };
}

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function told(seconds, signal) {
  listeners.waiting(seconds);
  await new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, seconds * 1000);
    signal?.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(new DOMException("called off", "AbortError"));
    });
  }).finally(() => listeners.waiting(0));
}

function search(query = {}) {
  const words = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    for (const one of [value].flat()) if (one !== undefined && one !== null && one !== "") words.append(name, one);
  return words.size ? `?${words}` : "";
}

function cookie(name) {
  return document.cookie.match(`(?:^|; )${name}=([^;]*)`)?.[1] ?? "";
}
