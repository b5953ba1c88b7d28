import { session } from "../auth/session.js";
import { dayText, momentText } from "../core/dates.js";
import { dialog } from "../core/dialog.js";
import { html } from "../core/page.js";
import { text } from "../core/text.js";
import { listOf } from "../lists/lists.js";
import { membersOf } from "../lists/members.js";

/** Two have changed the same todo: both versions. Gives whether `mine` shall stay. `todoOf(id)` gives another todo that is known. */
export function settleConflict(mine, current, todoOf = () => null) {
  const fields = Object.keys(mine);
  const wording = (name, value) => (name === "parent_id" && value ? (todoOf(value)?.task ?? "…") : fieldText(name, value, current));
  return dialog(
    text("todos.conflict"),
    (close) => html`
      <p>${text("todos.conflict_about", { task: current.task })}</p>
      <table class="versions">
        <thead>
          <tr>
            <th scope="col">${text("todos.field")}</th>
            <th scope="col">${text("todos.mine")}</th>
            <th scope="col">${text("todos.theirs")}</th>
          </tr>
        </thead>
        <tbody>
          ${fields.map(
            (name) => html`<tr>
              <th scope="row">${text(`todos.${name}`)}</th>
              <td dir="auto">${wording(name, mine[name])}</td>
              <td dir="auto">${wording(name, current[name])}</td>
            </tr>`,
          )}
        </tbody>
      </table>
      <p class="quiet">${text("todos.changed_at", { moment: momentText(current.updated_at, session.user.time_zone) })}</p>
      <p class="actions">
        <button @click=${() => close(false)}>${text("todos.take_theirs")}</button>
        <button class="main" @click=${() => close(true)}>${text("todos.keep_mine")}</button>
      </p>
    `,
  );
}

function fieldText(name, value, { list_id: listId }) {
  if (value === null || value === "" || value?.length === 0) return "–";
  if (name === "done") return text(value ? "core.yes" : "core.no");
  if (name === "priority") return text(`todos.priorities.${value}`);
  if (name === "due_on") return dayText(value, session.user.time_zone);
  if (name === "due_at" || name === "remind_at") return momentText(value, session.user.time_zone);
  if (name === "assignee_id") return nameOf(membersOf(listId).find((member) => member.user_id === value));
  if (name === "list_id") return listOf(value)?.name ?? value;
  return Array.isArray(value) ? value.map((tag) => `#${tag}`).join(" ") : String(value);
}

/** Who is no member any more has no name here. */
const nameOf = (member) => (member ? member.name || member.email : text("comments.former"));
