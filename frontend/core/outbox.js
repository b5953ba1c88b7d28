/**
 * Changes on their way to the service, in the order in which they were made.
 *
 * What finds no connection stays here, in the browser's storage, and is sent again as soon as there is one, after a reload of the page
 * too. A POST keeps its idempotency key, and a change names the version that it was made of, so what had come through already does no harm.
 */

import { newKey, Offline, request } from "./api.js";
import { complain } from "./notices.js";
import { redraw } from "./page.js";

const PREFIX = "tickbox.outbox.";
const AGAIN = 3000; // milliseconds until the next try, where the browser does not say that it is online again

let owner = null;
let entries = [];
let isSending = false;
let timer = null;
const callers = new Map();

addEventListener("online", () => send());

/** How many changes have found no connection yet. */
export const waiting = () => entries.filter((entry) => entry.tries > 0).length;

/** Whose changes they are. What this person left unsent in this browser is sent now; `null` for nobody. */
export function openOutbox(userId) {
  clearTimeout(timer);
  owner = userId;
  entries = owner ? kept() : [];
  callers.clear();
  send();
}

/** Let go of all that is unsent: whoever logs out leaves nothing behind. */
export function emptyOutbox() {
  for (const entry of entries) localStorage.removeItem(entry.id);
  entries = [];
}

/**
 * Send a change: gives its answer, once it has come through. Throws Problem where the service refuses it.
 *
 * `ifMatch` is the version that was changed.
 */
export function submit(method, path, body, { ifMatch } = {}) {
  const key = newKey();
  const entry = { id: `${PREFIX}${owner}.${String(Date.now()).padStart(15, "0")}.${key}`, key, method, path, body, ifMatch, tries: 0 };
  keep(entry);
  entries.push(entry);
  const outcome = new Promise((resolve, reject) => callers.set(entry.id, { resolve, reject }));
  send();
  return outcome;
}

async function send() {
  if (isSending) return;
  isSending = true;
  clearTimeout(timer);
  try {
    while (entries.length) {
      const entry = entries[0];
      if (!(await sendOne(entry))) {
        timer = setTimeout(send, AGAIN);
        return;
      }
      localStorage.removeItem(entry.id);
      entries = entries.filter((other) => other !== entry);
    }
  } finally {
    isSending = false;
    redraw();
  }
}

/** Whether it is settled, one way or the other. */
async function sendOne(entry) {
  const { resolve, reject } = callers.get(entry.id) ?? { resolve: () => {}, reject: complain };
  try {
    resolve(await request(entry.method, entry.path, { body: entry.body, key: entry.key, ifMatch: entry.ifMatch }));
  } catch (problem) {
    if (problem instanceof Offline || isUnderWay(entry, problem)) {
      entry.tries += 1;
      keep(entry);
      return false;
    }
    if (problem.status === 401) return false; // kept until the person is back
    if (cameThrough(entry, problem)) resolve({ status: 200, data: problem.current ?? null });
    else reject(problem);
  }
  callers.delete(entry.id);
  return true;
}

/** The service is still at work on an earlier try of the same request. */
const isUnderWay = (entry, problem) => problem.status === 409 && entry.method === "POST" && entry.tries > 0;

/** An earlier try had arrived, and only its answer was lost. */
function cameThrough(entry, problem) {
  if (!entry.tries) return false;
  if (problem.status === 404) return entry.method === "DELETE";
  if (problem.status !== 412) return false;
  return Object.entries(entry.body ?? {}).every(([name, value]) => JSON.stringify(problem.current[name]) === JSON.stringify(value));
}

function keep(entry) {
  try {
    localStorage.setItem(entry.id, JSON.stringify(entry));
  } catch {
    // The storage is full, or forbidden: then it lives as long as the page does.
  }
}

function kept() {
  const ids = Object.keys(localStorage).filter((name) => name.startsWith(`${PREFIX}${owner}.`));
  return ids.sort().map((id) => JSON.parse(localStorage.getItem(id)));
}
