import { later } from "../core/loading.js";
import { complain } from "../core/notices.js";
import { html, nothing, redraw, whenDrawn } from "../core/page.js";
import { text } from "../core/text.js";
import { bringNear, windowed } from "../core/windowed.js";
import { mayEdit } from "../lists/lists.js";
import { dragging } from "./dragging.js";
import { moveByKey, moves } from "./order.js";
import { todoRow } from "./row.js";
import { changeTodo, tick, trashTodo } from "./todos.js";

const openPanel = later(() => import("./panel.js"), "openPanel");

let wanted = null; // what gets the focus, `{ id, part }`

whenDrawn(() => {
  if (!wanted) return;
  const element = document.querySelector(`[data-id="${wanted.id}"] [data-part="${wanted.part}"]`);
  if (!element) return;
  wanted = null;
  element.focus();
  if (element.tagName === "INPUT" && element.type === "text") element.select();
});

/** `part` is `tick`, `task` or `open`. */
function focusOn(id, part) {
  wanted = { id, part };
  redraw();
}

/** A list to work in with the mouse, by touch, by keyboard alone. `showsList` says whether a row names its list. */
export function todoList({ collection, showsList = false, mayMove = () => false }) {
  let active = null;
  let editing = null; // the todo as it was when the person began
  const drag = dragging(collection);

  const activate = (id, part) => {
    active = id;
    bringNear(
      collection()
        .rows()
        .findIndex((row) => row.todo.id === id),
    );
    focusOn(id, part);
  };
  const leave = (todo) => {
    editing = null;
    activate(todo.id, "task");
  };
  const keep = (todo, { value, defaultValue }) => {
    if (editing?.id !== todo.id) return;
    const begun = editing;
    const isFocused = document.activeElement?.closest("[data-id]")?.dataset.id === todo.id;
    editing = null;
    if (isFocused) activate(todo.id, "task");
    const task = value.trim();
    if (task && value !== defaultValue) changeTodo(collection(), begun, { task });
    redraw();
  };
  const on = {
    tick: (todo) => tick(collection(), todo),
    edit: (todo) => {
      editing = todo;
      activate(todo.id, "task");
    },
    keep,
    leave,
    open: (todo) => openPanel(collection(), todo.id),
    drag: drag.begin,
  };

  function keys(event) {
    const element = event.target.closest("[data-id]");
    const todo = element && collection().get(element.dataset.id);
    const part = event.target.dataset.part;
    if (!todo || !part || event.ctrlKey || event.metaKey) return;
    if (event.altKey ? moveWith(event, todo, part) : stepWith(event, todo, part)) event.preventDefault();
  }

  function moveWith(event, todo, part) {
    if (!mayMove() || !(event.key in moves)) return false;
    moveByKey(collection(), todo, event.key).catch(complain);
    activate(todo.id, part);
    return true;
  }

  function stepWith(event, todo, part) {
    const rows = collection().rows();
    const at = rows.findIndex((row) => row.todo.id === todo.id);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 }[event.key];
    if (to !== undefined) {
      if (rows[to]) activate(rows[to].todo.id, part);
      return true;
    }
    if (event.key !== "Delete" || !mayEdit(todo.list_id) || todo.isNew) return false;
    const next = rows[at + 1] ?? rows[at - 1];
    trashTodo(collection(), todo);
    if (next) activate(next.todo.id, part);
    return true;
  }

  function draw() {
    const todos = collection();
    const rows = todos.rows();
    if (!rows.some((row) => row.todo.id === active)) active = rows[0]?.todo.id;
    const one = (row, index) =>
      todoRow(row, index, {
        on,
        showsList,
        isActive: row.todo.id === active,
        isEditing: row.todo.id === editing?.id,
        mayEdit: mayEdit(row.todo.list_id),
        mayMove: mayMove() && !row.todo.isNew,
        size: todos.isAtEnd ? rows.length : -1,
      });
    const follow = (event) => {
      const id = event.target.closest("[data-id]")?.dataset.id;
      if (id && id !== active) {
        active = id;
        redraw();
      }
    };
    return html`
      <div class="todos" role="list" aria-label=${text("todos.title")} aria-busy=${!todos.isKnown} @keydown=${keys} @focusin=${follow}>
        ${windowed(rows, (row) => row.todo.id, one, todos.isKnown && !todos.isAtEnd ? () => todos.more() : null)}
      </div>
      ${todos.isKnown && !rows.length ? html`<p class="empty">${text("todos.none")}</p>` : nothing}
      ${todos.isAtEnd ? nothing : html`<p class="quiet" aria-live="off">${text("core.loading")}</p>`}
    `;
  }

  return { draw };
}
