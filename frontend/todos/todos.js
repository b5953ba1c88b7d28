/** Everything shows at once, and goes through the outbox; what is refused is taken back. */

import { complain, describe, say } from "../core/notices.js";
import { submit } from "../core/outbox.js";
import { text } from "../core/text.js";
import { readListsSoon } from "../lists/lists.js";
import { settleConflict } from "./conflict.js";

let made = 0;

export async function addTodo(collection, fields) {
  const place = topOf(collection, fields);
  const draft = { ...BLANK, ...fields, ...place, id: `new-${++made}`, isNew: true, created_at: new Date().toISOString() };
  collection.put(draft);
  try {
    const answer = await submit("POST", "/todos", { ...fields, ...place });
    collection.settle(draft, { ...answer.data, stays: true });
    readListsSoon();
  } catch (problem) {
    collection.drop(draft.id);
    sayNotAdded(fields.task, problem);
  }
}

const sayNotAdded = (task, problem) => say(text("todos.not_added", { task, reason: describe(problem) }), { kind: "bad", stays: true });

const BLANK = {
  version: 0,
  notes: null,
  done: false,
  priority: "none",
  tags: [],
  due_on: null,
  due_at: null,
  parent_id: null,
  assignee_id: null,
};

/** New todos go last, but who adds one wants to see it. */
function topOf(collection, { parent_id = null }) {
  const beside = collection.all().filter((todo) => todo.parent_id === parent_id && !todo.isNew);
  const first = Math.min(...beside.map((todo) => todo.position));
  return collection.isTree && Number.isFinite(first) ? { position: first - 1 - made } : {};
}

/** Which changes give a todo another place. */
const SORTED_BY = { due: ["due_on", "due_at"], "-priority": ["priority"], task: ["task"] };

/**
 * `todo` is what the person saw when they began. Where somebody else has changed the same, they are asked. It stays in sight while the
 * person looks at the list. Gives whether it came through.
 */
export async function changeTodo(collection, todo, fields) {
  const now = { ...(collection.get(todo.id) ?? todo), stays: true };
  const isOutdated = Object.keys(fields).some((name) => JSON.stringify(todo[name]) !== JSON.stringify(now[name]));
  const coming = submit("PATCH", `/todos/${todo.id}`, fields, { ifMatch: isOutdated ? todo.version : now.version });
  // Only now: an earlier change that is still on its way would stand on top.
  collection.put({ ...now, ...("due_at" in fields && { due_on: null }), ...("due_on" in fields && { due_at: null }), ...fields });
  try {
    const answer = await coming;
    collection.put({ ...answer.data, stays: true });
    readListsSoon();
    const isFollowed = fields.done && answer.data.recurrence;
    if (isFollowed || SORTED_BY[collection.query.sort]?.some((name) => name in fields)) collection.refresh();
    return true;
  } catch (problem) {
    return takeBack(collection, now, fields, problem);
  }
}

async function takeBack(collection, todo, fields, problem) {
  if (problem.status === 412) {
    collection.put(problem.current);
    if (await settleConflict(fields, problem.current, (id) => collection.get(id))) return changeTodo(collection, problem.current, fields);
    return false;
  }
  if (problem.status === 404) collection.drop(todo.id);
  else collection.put(todo);
  complain(problem);
  collection.refresh(); // an earlier change may have come through meanwhile
  return false;
}

/** A change from before the page was loaded was refused. */
export async function settleLate(problem, { method, path, body }) {
  const written = method === "POST" && (body?.task ?? body?.body);
  if (written) return sayNotAdded(written, problem);
  const isOfTodo = method === "PATCH" && /^\/todos\/[^/]+$/.test(path);
  if (problem.status !== 412 || !isOfTodo) complain(problem);
  else if (await settleConflict(body, problem.current)) submit("PATCH", path, body, { ifMatch: problem.current.version }).catch(complain);
}

export const tick = (collection, todo) => changeTodo(collection, todo, { done: !todo.done });

/** With its subtasks, and say how to get it back. */
export async function trashTodo(collection, todo) {
  const gone = [todo, ...below(collection, todo)];
  collection.drop(todo.id);
  try {
    await throwAway(todo);
    readListsSoon();
    say(text("todos.trashed", { task: todo.task }), { action: { name: text("core.undo"), act: () => bringBack(collection, todo) } });
  } catch (problem) {
    for (const one of gone) collection.put(one);
    complain(problem);
  }
}

/** What somebody else has just changed goes too: it can be brought back. */
async function throwAway({ id, version }) {
  try {
    await submit("DELETE", `/todos/${id}`, undefined, { ifMatch: version });
  } catch (problem) {
    if (problem.status !== 412) throw problem;
    await throwAway(problem.current);
  }
}

async function bringBack(collection, todo) {
  try {
    const answer = await submit("POST", `/todos/${todo.id}/restore`);
    collection.put(answer.data);
    collection.refresh(); // its subtasks
    readListsSoon();
  } catch (problem) {
    complain(problem);
  }
}

/** `place` is `{ before: todo }` or `{ after: todo }`, which gives the parent too. */
export async function moveTodo(collection, todo, place) {
  const [side] = Object.keys(place);
  const anchor = place[side];
  const parent_id = anchor.parent_id;
  if (parent_id !== todo.parent_id && !(await changeTodo(collection, todo, { parent_id }))) return;
  const shows = { position: between(collection, todo, anchor, side) };
  const coming = submit("POST", `/todos/${todo.id}/move`, { [side]: anchor.id }, { shows });
  collection.put(collection.get(todo.id));
  try {
    collection.put((await coming).data);
  } catch (problem) {
    collection.put(todo);
    complain(problem);
    collection.refresh();
  }
}

/** Make it the last subtask of `parent`. */
export async function nestTodo(collection, todo, parent) {
  const children = collection.all().filter((other) => other.parent_id === parent.id && other.id !== todo.id);
  if (!(await changeTodo(collection, todo, { parent_id: parent.id }))) return;
  const last = children.sort((one, other) => one.position - other.position).at(-1);
  if (last) await moveTodo(collection, collection.get(todo.id), { after: last });
}

/** As well as the page can tell: the service says it in a moment. */
function between(collection, todo, anchor, side) {
  const others = collection.siblings(anchor).filter((other) => other.id !== todo.id);
  const at = others.findIndex((other) => other.id === anchor.id);
  const neighbour = others[side === "before" ? at - 1 : at + 1];
  return neighbour ? (neighbour.position + anchor.position) / 2 : anchor.position + (side === "before" ? -1 : 1);
}

export function below(collection, todo) {
  const children = collection.all().filter((other) => other.parent_id === todo.id);
  return children.flatMap((child) => [child, ...below(collection, child)]);
}
