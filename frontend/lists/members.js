/** The members of lists: read once, and again after a minute or a change made here. */

import { all } from "../core/api.js";
import { redraw } from "../core/page.js";

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
