import { session } from "../auth/session.js";
import { post, remove } from "../core/api.js";
import { momentText } from "../core/dates.js";
import { ask } from "../core/dialog.js";
import { complain, say } from "../core/notices.js";
import { html, nothing, redraw } from "../core/page.js";
import { text } from "../core/text.js";
import { resetWindow, windowed } from "../core/windowed.js";
import { listOf, mayEdit, readListsSoon } from "../lists/lists.js";
import { Collection } from "./collection.js";

/** What was deleted in the last thirty days, to bring back or to remove for good. */
export function trash() {
  const collection = new Collection({ trashed: true, sort: "-updated_at" });
  resetWindow();
  collection.more();

  const act = async (todo, doing) => {
    try {
      await doing();
      await collection.refresh();
      collection.drop(todo.id);
      readListsSoon();
    } catch (problem) {
      complain(problem);
    }
    redraw();
  };
  const restore = (todo) =>
    act(todo, async () => {
      await post(`/todos/${todo.id}/restore`);
      say(text("todos.restored", { task: todo.task }));
    });
  const erase = async (todo) => {
    const isSure = await ask(text("todos.erase"), text("todos.erase_sure", { task: todo.task }), text("todos.erase"), { danger: true });
    if (isSure) act(todo, () => remove(`/todos/${todo.id}`, { query: { permanent: true }, ifMatch: todo.version }));
  };

  const row = ({ todo }, index) => html`
    <div class="todo trashed" role="listitem" aria-posinset=${index + 1} aria-setsize=${collection.isAtEnd ? collection.size : -1}>
      <div class="body">
        <span class="task" dir="auto">${todo.task}</span>
        <span class="facts">
          <span class="fact" dir="auto">${listOf(todo.list_id)?.name}</span>
          <span class="fact">${text("todos.trashed_at", { moment: momentText(todo.deleted_at, session.user.time_zone) })}</span>
        </span>
      </div>
      ${
        mayEdit(todo.list_id)
          ? html`
            <button aria-label=${text("todos.restore_of", { task: todo.task })} @click=${() => restore(todo)}>${text("todos.restore")}</button>
            <button class="danger" aria-label=${text("todos.erase_of", { task: todo.task })} @click=${() => erase(todo)}>${text("todos.erase")}</button>
          `
          : nothing
      }
    </div>
  `;

  return {
    title: () => text("todos.trash"),
    leave: () => collection.close(),
    draw: () => html`
      <header class="head"><h1 tabindex="-1">${text("todos.trash")}</h1></header>
      <p class="quiet">${text("todos.trash_about")}</p>
      <div class="todos" role="list" aria-label=${text("todos.trash")}>
        ${windowed(
          collection.rows(),
          ({ todo }) => todo.id,
          row,
          collection.isKnown && !collection.isAtEnd ? () => collection.more() : null,
        )}
      </div>
      ${collection.isKnown && !collection.size ? html`<p class="empty">${text("todos.trash_empty")}</p>` : nothing}
    `,
  };
}
