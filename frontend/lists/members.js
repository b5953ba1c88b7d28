/** The members of lists: read once, and again after a minute or a change made here. */

import { all } from "../core/api.js";
import { redraw } from "../core/page.js";

const KEPT = 60_000; // milliseconds
const known = new Map();

/** Those known by now, as the API has them, the longest member first; the page is drawn again when there is more. */
export function membersOf(listId) {
  if (!(Date.now() < known.get(listId)?.until)) readMembers(listId).catch(() => {}); // asked for again with the next drawing
  return known.get(listId).found;
}

/** Throws Problem. */
export async function readMembers(listId) {
  const one = { until: Date.now() + KEPT, found: known.get(listId)?.found ?? [] };
  known.set(listId, one);
  try {
    one.found = await all(`/lists/${listId}/members`);
  } catch (problem) {
    one.until = 0;
    throw problem;
  }
  redraw();
}

export const forgetMembers = () => known.clear();
