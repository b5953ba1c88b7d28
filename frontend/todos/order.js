import { announce } from "../core/notices.js";
import { text } from "../core/text.js";
import { moveTodo, nestTodo } from "./todos.js";

const DEEPEST = 6; // levels: the top and five below it

/** Which key, with Alt, moves where. */
export const moves = { ArrowUp: "up", ArrowDown: "down", ArrowRight: "in", ArrowLeft: "out" };

/** Move a todo by keys or buttons: among those beside it, under the one above it, or out from under its parent. */
export async function moveByKey(collection, todo, key) {
  const step = STEPS[moves[key]](collection, todo);
  if (!step) {
    announce(text("todos.no_further"));
    return;
  }
  await step();
  const beside = collection.siblings(collection.get(todo.id) ?? todo);
  const place = beside.findIndex((other) => other.id === todo.id) + 1;
  announce(text(`todos.moved_${moves[key]}`, { place, size: beside.length }));
}

const STEPS = {
  up(collection, todo) {
    const before = neighbour(collection, todo, -1);
    return before && (() => moveTodo(collection, todo, { before }));
  },
  down(collection, todo) {
    const after = neighbour(collection, todo, 1);
    return after && (() => moveTodo(collection, todo, { after }));
  },
  in(collection, todo) {
    const parent = neighbour(collection, todo, -1);
    const depth = (one) =>
      1 +
      Math.max(
        0,
        ...collection
          .all()
          .filter((other) => other.parent_id === one.id)
          .map(depth),
      );
    const fits = parent && level(collection, todo) + depth(todo) <= DEEPEST;
    return fits && (() => nestTodo(collection, todo, parent));
  },
  out(collection, todo) {
    const parent = collection.get(todo.parent_id);
    return parent && (() => moveTodo(collection, todo, { after: parent }));
  },
};

function neighbour(collection, todo, step) {
  const beside = collection.siblings(todo);
  return beside[beside.findIndex((other) => other.id === todo.id) + step];
}

const level = (collection, todo) => collection.rows().find((row) => row.todo.id === todo.id).level;
