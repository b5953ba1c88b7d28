import { session } from "../auth/session.js";
import { later } from "../core/loading.js";
import { SENT } from "../core/outbox.js";
import { html, nothing, redraw } from "../core/page.js";
import { query as addressQuery } from "../core/router.js";
import { text } from "../core/text.js";
import { resetWindow } from "../core/windowed.js";
import { listOf, lists, mayEdit, readListsSoon } from "../lists/lists.js";
import { Collection } from "./collection.js";
import { todoEntry } from "./entry.js";
import { apiQuery, filters } from "./filters.js";
import { todoList } from "./list.js";
import { addTodo } from "./todos.js";

const shareList = later(() => import("../lists/sharing.js"), "shareList");
const [editList, archiveList, deleteList] = ["editList", "archiveList", "deleteList"].map((name) =>
  later(() => import("../lists/dialogs.js"), name),
);

const LOOK = 20_000; // milliseconds between two looks at what others have changed

const WHEN = [
  [window, "focus"],
  [window, "online"],
  [window, SENT],
  [document, "visibilitychange"],
];

export function listTodos({ id }) {
  return todosView({
    own: { list_id: id, sort: "position" },
    title: () => listOf(id)?.name ?? (lists.isKnown ? text("lists.gone") : ""),
    listId: () => id,
    head: () => listHead(listOf(id)),
  });
}

export const allTodos = () => todosView({ own: { sort: "-created_at" }, title: () => text("todos.all") });

/** The earliest first. */
export const dueTodos = () => todosView({ own: { sort: "due", due_after: "0001-01-01" }, title: () => text("todos.due") });

export const assignedTodos = () => todosView({ own: { sort: "due", assignee_id: "me" }, title: () => text("todos.assigned") });

export const taggedTodos = ({ name }) =>
  todosView({ own: { sort: "-created_at", tag: name }, title: () => `#${name}`, fields: { tags: [name] } });

/** `own` is what the view asks for, `fields` what its new todos have. */
function todosView({ own, title, listId = () => session.user.inbox_id, head = () => nothing, fields = {} }) {
  let collection = null;
  let pending = null;
  const oneList = Boolean(own.list_id);
  const add = (said) => addTodo(collection, { list_id: listId(), ...said, ...merged(said) });
  const entry = todoEntry({ listId: listId(), add });
  const list = todoList({
    collection: () => collection,
    showsList: !oneList,
    mayMove: () => oneList && collection.isTree && mayEdit(listId()),
  });
  const timer = setInterval(look, LOOK);
  for (const [target, name] of WHEN) target.addEventListener(name, look);
  changed(addressQuery());

  function merged(said) {
    return fields.tags ? { tags: [...new Set([...(said.tags ?? []), ...fields.tags])] } : {};
  }

  /** What is there stays until the first page has come, so that nothing flickers. */
  function changed(words) {
    pending?.close();
    pending = new Collection(apiQuery(words, own));
    collection ??= pending;
    arrive(pending);
  }

  async function arrive(next) {
    await next.more();
    if (pending !== next || !next.isKnown) return;
    pending = null;
    if (collection !== next) collection.close();
    collection = next;
    resetWindow();
    redraw();
  }

  function look(event) {
    if (document.visibilityState !== "visible" || !navigator.onLine || document.querySelector(".dragged")) return;
    // "Today" is another day after midnight.
    const isOld = JSON.stringify(apiQuery(addressQuery(), own)) !== JSON.stringify((pending ?? collection).query);
    if (isOld && !collection.opened) changed(addressQuery());
    else if (pending) arrive(pending).then(() => event?.type === SENT && collection.refresh());
    else collection.refresh();
    readListsSoon();
  }

  return {
    title,
    changed,
    leave() {
      clearInterval(timer);
      for (const [target, name] of WHEN) target.removeEventListener(name, look);
      collection.close();
      pending?.close();
    },
    draw: () => html`
      <header class="head">
        <h1 tabindex="-1" dir="auto">${title()}</h1>
        ${head()}
      </header>
      ${mayEdit(listId()) ? entry.draw() : nothing} ${filters(own)} ${list.draw()}
    `,
  };
}

function listHead(list) {
  if (!list) return nothing;
  const isOwner = list.role === "owner";
  return html`
    <div class="row">
      ${list.role === "viewer" ? html`<span class="quiet">${text("lists.read_only")}</span>` : nothing}
      ${list.inbox ? nothing : html`<button @click=${() => shareList(list)}>${text(isOwner ? "lists.share" : "lists.members")}</button>`}
      ${
        isOwner
          ? html`
            <button @click=${() => editList(list)}>${text("core.edit")}</button>
            ${
              list.inbox
                ? nothing
                : html`
                  <button @click=${() => archiveList(list)}>${text(list.archived ? "lists.unarchive" : "lists.archive")}</button>
                  <button class="danger" @click=${() => deleteList(list)}>${text("core.delete")}</button>
                `
            }
          `
          : nothing
      }
    </div>
  `;
}
