import { session } from "../auth/session.js";
import { dueText, isOverdue } from "../core/dates.js";
import { html, nothing } from "../core/page.js";
import { link } from "../core/router.js";
import { text } from "../core/text.js";
import { listOf } from "../lists/lists.js";
import { dot } from "../lists/sidebar.js";

/**
 * A todo in a list, whose text is edited in place. `list` says how: `isActive` (reached by Tab), `isEditing`, `mayEdit`, `mayMove`,
 * `showsList`, and `on`, what is called for `tick edit keep leave open drag`.
 */
export function todoRow({ todo, level }, index, list) {
  const tabindex = list.isActive ? 0 : -1;
  return html`
    <div
      class="todo ${todo.done ? "done" : ""} ${todo.isNew ? "new" : ""} level-${level}"
      role="listitem"
      aria-level=${level}
      aria-posinset=${index + 1}
      aria-setsize=${list.size}
      data-id=${todo.id}
    >
      ${
        list.mayMove
          ? html`<span class="handle" aria-hidden="true" title=${text("todos.drag")} @pointerdown=${(event) => list.on.drag(event, todo)}>⠿</span>`
          : nothing
      }
      <input
        type="checkbox"
        data-part="tick"
        tabindex=${tabindex}
        aria-label=${text("todos.done_of", { task: todo.task })}
        .checked=${todo.done}
        ?disabled=${todo.isNew || !list.mayEdit}
        @change=${() => list.on.tick(todo)}
      />
      <div class="body">${list.isEditing ? editing(todo, list) : words(todo, tabindex, list)} ${facts(todo, list)}</div>
      <button
        class="icon"
        data-part="open"
        tabindex=${tabindex}
        ?disabled=${todo.isNew}
        aria-label=${text("todos.details_of", { task: todo.task })}
        @click=${() => list.on.open(todo)}
      >
        ⋯
      </button>
    </div>
  `;
}

function words(todo, tabindex, list) {
  if (!list.mayEdit || todo.isNew) return html`<span class="task" dir="auto">${todo.task}</span>`;
  return html`<button class="task" data-part="task" dir="auto" tabindex=${tabindex} title=${text("todos.edit_hint")} @click=${() => list.on.edit(todo)}>${todo.task}</button>`;
}

function editing(todo, list) {
  const keys = (event) => {
    event.stopPropagation();
    if (!["Enter", "Escape"].includes(event.key) || event.isComposing) return;
    event.preventDefault(); // the button that takes its place would take the key, too
    if (event.key === "Enter") list.on.keep(todo, event.target);
    else list.on.leave(todo);
  };
  return html`<input
    class="task"
    data-part="task"
    dir="auto"
    maxlength="500"
    aria-label=${text("todos.task")}
    .defaultValue=${todo.task.replace(/[\r\n]+/g, " ")}
    @keydown=${keys}
    @blur=${(event) => list.on.keep(todo, event.target)}
  />`;
}

function facts(todo, list) {
  const zone = session.user.time_zone;
  const from = list.showsList && listOf(todo.list_id);
  const facts = [
    todo.isNew && html`<span class="fact">${text("todos.sending")}</span>`,
    todo.priority !== "none" && html`<span class="fact priority ${todo.priority}">${text(`todos.priorities.${todo.priority}`)}</span>`,
    (todo.due_on || todo.due_at) &&
      html`<span class="fact ${isOverdue(todo, zone) ? "overdue" : ""}">
        ${isOverdue(todo, zone) ? html`<span class="unseen">${text("todos.overdue")}: </span>` : nothing}${dueText(todo, zone)}
      </span>`,
    todo.recurrence && html`<span class="fact" title=${text("todos.repeats")}>↻<span class="unseen">${text("todos.repeats")}</span></span>`,
    todo.notes && html`<span class="fact" title=${text("todos.has_notes")}>≡<span class="unseen">${text("todos.has_notes")}</span></span>`,
    ...todo.tags.map((tag) => html`<a class="fact" dir="auto" tabindex="-1" href=${link(`/tags/${encodeURIComponent(tag)}`)}>#${tag}</a>`),
    from && html`<a class="fact" dir="auto" tabindex="-1" href=${link(`/lists/${from.id}`)}>${dot(from.color)} ${from.name}</a>`,
  ].filter(Boolean);
  return facts.length ? html`<span class="facts">${facts}</span>` : nothing;
}
