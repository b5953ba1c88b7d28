/**
 * Changes on their way to the service, in order.
 *
 * What finds no connection stays in the browser's storage until there is one. Idempotency keys and versions see to it that what had come
 * through already does no harm.
 */

import { isForLater, newKey, Offline, request } from "./api.js";
import { complain } from "./notices.js";
import { redraw } from "./page.js";

const PREFIX = "tickbox.outbox.";
const AGAIN = 3000; // milliseconds until the next try

let owner = null;
let refused = complain;
let entries = [];
let isSending = false;
let settled = 0;
let timer = null;
let stop = new AbortController();
const callers = new Map();

/** The event that says: what had waited, or was left by an earlier page, has come through. */
export const SENT = "tickbox-sent";

addEventListener("online", () => send());

/** How many wait for a connection. */
export const waiting = () => (entries[0]?.tries ? entries.length : 0);

/**
 * Whose changes they are, `null` for nobody. What this person left unsent is sent now.
 * `whenRefused(problem, entry)` is told of refusals that nobody on the page waits for.
 */
export function openOutbox(userId, whenRefused = complain) {
  clearTimeout(timer);
  stop.abort(); // it must not go on as somebody else
  stop = new AbortController();
  owner = userId;
  refused = whenRefused;
  entries = owner ? kept() : [];
  callers.clear();
  send();
}

export function emptyOutbox() {
  for (const { id } of kept()) localStorage.removeItem(id);
  entries = [];
}

/** In all tabs. What is on its way has a moment. */
export async function isAllSent() {
  for (let looks = 0; kept().length && !waiting() && looks < 50; looks++) await new Promise((resolve) => setTimeout(resolve, 100));
  return !kept().length;
}

/** Gives the answer, once it has come through. `ifMatch` is the version that was changed, `shows` what a move changes. Throws Problem. */
export function submit(method, path, body, { ifMatch, shows } = {}) {
  const key = newKey();
  const id = `${PREFIX}${owner}.${String(Date.now()).padStart(15, "0")}.${key}`;
  const entry = { id, key, method, path, body, ifMatch, shows, tries: 0 };
  keep(entry);
  entries.push(entry);
  const outcome = new Promise((resolve, reject) => callers.set(entry.id, { resolve, reject }));
  send();
  return outcome;
}

/** How many changes the service has answered: what was read meanwhile may not know of them. */
export const answered = () => settled;

/** The fields of the object at `path` whose changes are on their way. */
export function unsentChanges(path) {
  const changes = (entry) => (entry.path === path ? entry.method === "PATCH" && entry.body : entry.path === `${path}/move` && entry.shows);
  return Object.assign({}, ...entries.map(changes));
}

export const isGoing = (path) => entries.some((entry) => entry.method === "DELETE" && entry.path === path);

async function send() {
  if (isSending) return;
  isSending = true;
  clearTimeout(timer);
  timer = null;
  try {
    // One tab at a time, as all know what an earlier page left, unless it takes long. Plain HTTP has no locks.
    await (navigator.locks?.request(PREFIX, { signal: AbortSignal.timeout(3 * AGAIN) }, sendAll).catch(sendAll) ?? sendAll());
  } finally {
    isSending = false;
    redraw();
  }
  if (entries.length && !timer) send(); // what came while the lock was given back
}

async function sendAll() {
  let isNews = entries.some((entry) => !callers.has(entry.id));
  entries = entries.filter((entry) => callers.has(entry.id) || localStorage.getItem(entry.id));
  while (entries.length) {
    const [entry] = entries;
    isNews ||= entry.tries > 0;
    if ((await sendOne(entry)) || entry !== entries[0]) continue;
    timer = setTimeout(send, AGAIN);
    return;
  }
  if (isNews) dispatchEvent(new Event(SENT));
}

/** Whether it is settled. */
async function sendOne(entry) {
  const { resolve, reject } = callers.get(entry.id) ?? {
    resolve: () => {},
    reject: (problem) => refused(problem, entry),
  };
  try {
    const answer = await request(entry.method, entry.path, { ...entry, signal: stop.signal, wait: Infinity });
    settle(entry);
    rebase(answer.data);
    resolve(answer);
  } catch (problem) {
    if (problem instanceof Offline || isForLater(problem) || isUnderWay(entry, problem)) {
      entry.tries += 1;
      keep(entry);
      return false;
    }
    if (problem.status === 401 || problem.name === "AbortError") return false; // kept until the person is back
    settle(entry);
    if (!cameThrough(entry, problem)) reject(problem);
    else {
      rebase(problem.current);
      resolve({ data: problem.current ?? null });
    }
  }
  return true;
}

function settle(entry) {
  settled += 1;
  localStorage.removeItem(entry.id);
  entries = entries.filter((other) => other !== entry);
  callers.delete(entry.id);
}

/** Later changes of the same object are changes of what this one made of it. */
function rebase(object) {
  const isOfIt = (entry) => object?.version && entry.path.includes(`/${object.id}`) && entry.ifMatch === object.version - 1;
  for (const entry of entries.filter(isOfIt)) keep(Object.assign(entry, { ifMatch: object.version }));
}

/** An earlier try is still at work. */
const isUnderWay = (entry, problem) => problem.status === 409 && entry.method === "POST" && entry.tries > 0;

/** Only the answer of an earlier try was lost, if it is not as it shall be by chance. */
function cameThrough(entry, problem) {
  if (problem.status === 404) return entry.method === "DELETE";
  if (problem.status !== 412 || entry.method !== "PATCH") return false;
  return Object.entries(entry.body).every(([name, value]) => JSON.stringify(problem.current[name]) === JSON.stringify(value));
}

function keep(entry) {
  try {
    localStorage.setItem(entry.id, JSON.stringify(entry));
  } catch {
    // Full or forbidden: it lives as long as the page.
  }
}

function kept() {
  const ids = Object.keys(localStorage).filter((name) => name.startsWith(`${PREFIX}${owner}.`));
  return ids.sort().map((id) => JSON.parse(localStorage.getItem(id)));
}
