/** Who is logged in, in this browser. */

import { get, hasSession, patch, post, remove } from "../core/api.js";
import { complain } from "../core/notices.js";
import { emptyOutbox } from "../core/outbox.js";
import { redraw } from "../core/page.js";

/** `user` is the profile, null where nobody is logged in; `isKnown` is false until that was asked. `changed()` is called with each change. */
export const session = { user: null, isKnown: false, changed: () => {} };

/** Find out who it is. */
export async function start() {
  if (hasSession()) await resume();
  session.isKnown = true;
  redraw();
}

/** Log in, by cookies that scripts cannot read. Throws Problem where address or password are wrong. */
export async function logIn(email, password) {
  const answer = await post("/auth/login", { email, password, cookies: true }, { wait: false });
  become(answer.data.user);
}

/** Open an account in the time zone of this machine, and log in to it. Throws Problem. */
export async function register(email, password, name) {
  await post("/auth/register", { email, password, name }, { wait: false });
  const answer = await post("/auth/login", { email, password, cookies: true }, { wait: false });
  become(await inLocalTime(answer.data.user));
}

/** Log out: the session is over, wherever its tokens are. */
export async function logOut() {
  try {
    await post("/auth/logout");
  } catch (problem) {
    if (problem.status !== 401) throw problem;
  }
  depart();
}

/** Leave for good: the account is deleted. Throws Problem where the password is wrong. */
export async function leave(password) {
  await remove("/me", { body: { current_password: password } });
  depart();
}

/** Take note of a profile that has changed. */
export function know(user) {
  session.user = user;
  redraw();
}

/** The session has ended by itself: nobody is logged in any more. */
export function endSession() {
  become(null);
}

async function resume() {
  try {
    session.user = (await get("/me")).data;
  } catch (problem) {
    if (problem.status !== 401) complain(problem);
  }
}

async function inLocalTime(user) {
  try {
    return (await patch("/me", { time_zone: Intl.DateTimeFormat().resolvedOptions().timeZone })).data;
  } catch {
    return user; // in UTC, until they choose another one
  }
}

/** Whoever leaves by their own will leaves nothing behind: no changes on their way, no line half typed, no address of what they saw. */
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
