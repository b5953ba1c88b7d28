/** The members of lists: read once, and again after a minute or a change made here. */

import { all, patch, post, remove } from "../core/api.js";
import { redraw } from "../core/page.js";
import { readLists } from "./lists.js";

const KEPT = 60_000; // milliseconds
const known = new Map();

/** A promise of `user_id`, `name`, `email`, `role`, `version` of each, the longest member first. Throws Problem. */
export function members(listId) {
  const one = known.get(listId);
  return one && Date.now() < one.until ? one.reading : readMembers(listId);
}

/** As far as it is known by now; the page is drawn again when there is more. */
export function membersOf(listId) {
  members(listId).catch(() => {}); // asked for again with the next drawing
  return known.get(listId).found;
}

/** Throws Problem. */
export function readMembers(listId) {
  const one = { until: Date.now() + KEPT, found: known.get(listId)?.found ?? [] };
  one.reading = all(`/lists/${listId}/members`).then((found) => {
    one.found = found;
    redraw();
    return found;
  });
  one.reading.catch(() => {
    one.until = 0;
  });
  known.set(listId, one);
  return one.reading;
}

export const forgetMembers = () => known.clear();

/** Throws Problem: 422 for an unknown address, 409 for a member. */
export async function invite(listId, email, role) {
  await post(`/lists/${listId}/members`, { email, role });
  await readMembers(listId);
}

/** Throws Problem: 409 where no owner would be left, 412 where another has changed it. */
export async function changeRole(listId, member, role) {
  await patch(path(listId, member), { role }, { ifMatch: member.version });
  await Promise.all([readMembers(listId), readLists()]);
}

/** Throws Problem as `changeRole` does. */
export async function removeMember(listId, member) {
  await remove(path(listId, member), { ifMatch: member.version });
}

const path = (listId, member) => `/lists/${listId}/members/${member.user_id}`;
