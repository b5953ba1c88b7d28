import { attachmentsPanel } from "../attachments/panel.js";
import { session } from "../auth/session.js";
import { commentsPanel } from "../comments/panel.js";
import { momentText } from "../core/dates.js";
import { dialog } from "../core/dialog.js";
import { complain } from "../core/notices.js";
import { html, nothing, repeat } from "../core/page.js";
import { text } from "../core/text.js";
import { mayEdit } from "../lists/lists.js";
import { todoEntry } from "./entry.js";
import { todoFields } from "./fields.js";
import { moveByKey, moves } from "./order.js";
import { addTodo, below, changeTodo, tick, trashTodo } from "./todos.js";

/** All that is known of a todo, each field changed in its place. */
export async function openPanel(collection, id) {
  const todo = collection.get(id);
  if (!todo) return; // deleted meanwhile
  const attachments = attachmentsPanel(id);
  const comments = commentsPanel(id);
  const fields = todoFields(todo, (seen, changes) => changeTodo(collection, seen, changes));
  const entry = todoEntry({
    listId: id,
    add: (said) => addTodo(collection, { ...said, list_id: collection.get(id).list_id, parent_id: id }),
  });
  collection.open(id);
  await dialog(text("todos.details"), draw, { kind: "panel" });
  collection.open(null);
  attachments.leave();
  comments.leave();

  function draw(close) {
    const current = collection.get(id);
    if (!current) {
      queueMicrotask(close); // deleted meanwhile, here or elsewhere
      return nothing;
    }
    const isMine = mayEdit(current.list_id);
    return html`
      ${fields(current, isMine)} ${subtasks(current, isMine)} ${attachments.draw(isMine)} ${comments.draw(current.list_id)} ${isMine ? actions(current, close) : nothing}
      <p class="quiet">
        ${text("todos.created_at", { moment: momentText(current.created_at, session.user.time_zone) })}
        ${current.completed_at ? text("todos.completed_at", { moment: momentText(current.completed_at, session.user.time_zone) }) : nothing}
      </p>
    `;
  }

  function subtasks(current, isMine) {
    const children = below(collection, current);
    return html`
      <section>
        <h3>${text("todos.subtasks")}</h3>
        <ul>
          ${repeat(
            children,
            (child) => child.id,
            (child) => subtask(child, isMine),
          )}
        </ul>
        ${isMine ? entry.draw() : nothing}
      </section>
    `;
  }

  function subtask(child, isMine) {
    return html`<li class=${child.done ? "done" : ""}>
      <input
        type="checkbox"
        aria-label=${text("todos.done_of", { task: child.task })}
        .checked=${child.done}
        ?disabled=${!isMine || child.isNew}
        @change=${() => tick(collection, child)}
      />
      <span dir="auto">${child.task}</span>
    </li>`;
  }

  function actions(current, close) {
    const step = ([key, name]) =>
      html`<button @click=${() => moveByKey(collection, collection.get(id), key).catch(complain)}>${text(`todos.move_${name}`)}</button>`;
    return html`
      <div class="row">
        ${collection.isTree ? Object.entries(moves).map(step) : nothing}
        <span class="gap"></span>
        <button
          class="danger"
          @click=${() => {
            close();
            trashTodo(collection, current);
          }}
        >
          ${text("core.delete")}
        </button>
      </div>
    `;
  }
}
