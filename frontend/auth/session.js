/** Who is logged in, in this browser. */

import { get, hasSession, patch, post, remove } from "../core/api.js";
import { ask } from "../core/dialog.js";
import { complain } from "../core/notices.js";
import { emptyOutbox, isAllSent } from "../core/outbox.js";
import { redraw } from "../core/page.js";
import { text } from "../core/text.js";

/** `user` is null where nobody is logged in; `isKnown` is false until that was asked. `changed()` is called with each change. */
export const session = { user: null, isKnown: false, changed: () => {} };

const TABS = "tickbox.user"; // whom a tab has logged in last, with the time; nobody after a logout

// Tabs share their cookies: who logs in or out in one of them does so in all.
addEventListener("storage", async ({ key, newValue }) => {
  if (key !== TABS || !newValue || newValue.startsWith(session.user?.id ?? " ")) return;
  if (session.user) depart();
  await resume();
  if (session.user) become(session.user);
});

export async function start() {
  await resume();
  session.isKnown = true;
  redraw();
}

/** By cookies that scripts cannot read. Throws Problem. */
export async function logIn(email, password) {
  const answer = await post("/auth/login", { email, password, cookies: true }, { wait: 0 });
  become(answer.data.user);
  tellTabs();
}

/** In the time zone of this machine. Throws Problem. */
export async function register(email, password, name) {
  await post("/auth/register", { email, password, name }, { wait: 0 });
  const answer = await post("/auth/login", { email, password, cookies: true }, { wait: 0 });
  become(await inLocalTime(answer.data.user));
  tellTabs();
}

let isLeaving = false;

/** Nothing that is unsent is lost unasked. */
export async function logOut() {
  if (isLeaving) return;
  isLeaving = true;
  try {
    const name = text("auth.log_out");
    if (!((await isAllSent()) || (await ask(name, text("auth.unsent"), name, { danger: true })))) return;
    await post("/auth/logout");
  } catch (problem) {
    if (problem.status !== 401) throw problem;
  } finally {
    isLeaving = false;
  }
  depart();
  tellTabs();
}

/** Delete the account. Throws Problem. */
export async function leave(password) {
  await remove("/me", { body: { current_password: password }, ifMatch: session.user.version });
  depart();
  tellTabs();
}

/** Note a profile that has changed. */
export function know(user) {
  if (session.user?.id !== user.id) return; // they have left meanwhile
  session.user = user;
  redraw();
}

export function endSession() {
  become(null);
}

function tellTabs() {
  localStorage.setItem(TABS, `${session.user?.id ?? ""} ${Date.now()}`);
}

async function resume() {
  if (!hasSession()) return;
  try {
    session.user = (await get("/me")).data;
  } catch (problem) {
    if (problem.status !== 401) complain(problem);
  }
}

async function inLocalTime(user) {
  try {
    const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
    return (await patch("/me", { time_zone: timeZone }, { ifMatch: user.version })).data;
  } catch {
    return user; // in UTC, until they choose another one
  }
}

/** Whoever leaves by their own will leaves nothing behind. */
function depart() {
  emptyOutbox();
  sessionStorage.clear();
  history.replaceState(null, "", location.pathname);
  become(null);
}

function become(user) {
  session.user = user;
  session.changed();
  redraw();
}
