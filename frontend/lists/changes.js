/** What a list is changed by. */

import { patch, post, remove } from "../core/api.js";
import { text } from "../core/text.js";
import { readLists } from "./lists.js";

export async function addList(fields) {
  const made = (await post("/lists", fields)).data;
  await readLists();
  return made;
}

/** Throws Problem. */
export const changeList = (list, fields) => settle(list, patch(`/lists/${list.id}`, fields, { ifMatch: list.version }));

/** With its todos. Throws Problem. */
export const removeList = (list) => settle(list, remove(`/lists/${list.id}`, { ifMatch: list.version }));

/** Where it was changed elsewhere, `list` is what it is now, for another try. */
async function settle(list, change) {
  try {
    await change;
  } catch (problem) {
    if (problem.status === 412) problem.message = text("lists.changed", Object.assign(list, problem.current));
    throw problem;
  }
  await readLists();
}
