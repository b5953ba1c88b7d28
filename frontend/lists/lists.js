import { all, get } from "../core/api.js";
import { complain } from "../core/notices.js";
import { redraw } from "../core/page.js";

/** The lists and tags of the person: `all` is in their order, the inbox first; `isKnown` is false until it was read. */
export const lists = { all: [], tags: [], isKnown: false };

let readings = 0;
let newest = 0; // whose answer came; none from before may come after it

export async function readLists() {
  const reading = ++readings;
  try {
    const [found, tags] = await Promise.all([all("/lists"), get("/tags")]);
    if (reading < newest) return;
    newest = reading;
    lists.all = found.sort((one, other) => other.inbox - one.inbox || one.position - other.position);
    lists.tags = tags.data.data;
    lists.isKnown = true;
  } catch (problem) {
    complain(problem);
  }
  redraw();
}

let timer = null;

/** A todo has changed, and with it the counts. */
export function readListsSoon() {
  clearTimeout(timer);
  timer = setTimeout(readLists, 400);
}

export function forgetLists() {
  clearTimeout(timer);
  newest = readings + 1; // what comes now is another person's
  Object.assign(lists, { all: [], tags: [], isKnown: false });
}

/** Undefined where the person does not see it. */
export const listOf = (id) => lists.all.find((list) => list.id === id);

/** Those that have a place to choose. */
export const movable = () => lists.all.filter((list) => !list.inbox && !list.archived);

/** Whether the person may change its todos. */
export const mayEdit = (id) => ["owner", "editor"].includes(listOf(id)?.role);
