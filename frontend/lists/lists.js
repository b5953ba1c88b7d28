/** The lists that the person sees, and what can be done with them. */

import { all, get, patch, post, remove } from "../core/api.js";
import { complain } from "../core/notices.js";
import { redraw } from "../core/page.js";

/** `all` is in the person's order, the inbox first; `isKnown` is false until it was read. `tags` come with their counts. */
export const lists = { all: [], tags: [], isKnown: false };

/** Read lists and tags again. */
export async function readLists() {
  try {
    const [found, tags] = await Promise.all([all("/lists"), get("/tags")]);
    lists.all = found.sort((one, other) => other.inbox - one.inbox || one.position - other.position);
    lists.tags = tags.data.data;
    lists.isKnown = true;
  } catch (problem) {
    complain(problem);
  }
  redraw();
}

let timer = null;

/** Read them again soon: a todo has changed, and with it their counts. */
export function readListsSoon() {
  clearTimeout(timer);
  timer = setTimeout(readLists, 400);
}

/** Nobody's lists: another person may come. */
export function forgetLists() {
  clearTimeout(timer);
  Object.assign(lists, { all: [], tags: [], isKnown: false });
}

/** The list `id`, if the person sees it. */
export const listOf = (id) => lists.all.find((list) => list.id === id);

/** The lists that have a place of their own to choose. */
export const movable = () => lists.all.filter((list) => !list.inbox && !list.archived);

/** Whether the person may change the todos of the list `id`. */
export const mayEdit = (id) => ["owner", "editor"].includes(listOf(id)?.role);

/** Make a list; gives it. */
export async function addList(fields) {
  const made = (await post("/lists", fields)).data;
  await readLists();
  return made;
}

/** Change a list. Throws Problem, 412 where another has changed it. */
export async function changeList(list, fields) {
  await patch(`/lists/${list.id}`, fields, { ifMatch: list.version });
  await readLists();
}

/** Delete a list and its todos. */
export async function removeList(list) {
  await remove(`/lists/${list.id}`);
  await readLists();
}
