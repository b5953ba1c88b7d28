import { session } from "../auth/session.js";
import { plusDays, today } from "../core/dates.js";
import { html, keyed, nothing } from "../core/page.js";
import { go, path, query, visit } from "../core/router.js";
import { text } from "../core/text.js";
import { lists } from "../lists/lists.js";

const DONE = ["open", "done", "any"];
const DUE = ["any", "overdue", "today", "week", "dated"];
export const PRIORITIES = ["urgent", "high", "medium", "low", "none"];
const SORTS = ["position", "due", "-priority", "-created_at", "-updated_at", "task"];

/** What to ask GET /todos for, where the address says `words`; `own` is what the view is about. */
export function apiQuery(words, own) {
  const { q, done = "open", due = "any", priority, tag, sort } = words;
  return {
    ...own,
    q,
    done: { open: false, done: true }[done],
    ...dueQuery(due),
    priority,
    tag: [own.tag, tag].flat().filter(Boolean),
    sort: sort ?? (q ? undefined : own.sort),
  };
}

function dueQuery(due) {
  const day = today(session.user.time_zone);
  if (due === "overdue") return { overdue: true };
  if (due === "today") return { due_before: plusDays(day, 1) };
  if (due === "week") return { due_before: plusDays(day, 7) };
  return due === "dated" ? { due_after: "0001-01-01" } : {};
}

/** The search field and the filters of a view. */
export function filters({ sort, tag: own }) {
  const words = query();
  const chosen = ["done", "due", "priority", "tag", "sort"].filter((name) => words[name]).length;
  return html`
    <search class="filters">
      ${keyed(
        visit(),
        html`<input
          type="search"
          aria-label=${text("todos.search")}
          placeholder=${text("todos.search")}
          .defaultValue=${words.q ?? ""}
          @input=${(event) => choose({ q: event.target.value })}
        />`,
      )}
      <details>
        <summary>${text("todos.filters")}${chosen ? html` <strong>(${chosen})</strong>` : nothing}</summary>
        <div class="row">
          ${select("done", DONE, words.done ?? "open")} ${select("due", DUE, words.due ?? "any")}
          ${select("priority", ["", ...PRIORITIES], words.priority ?? "", (key) => (key ? text(`todos.priorities.${key}`) : text("todos.due_choices.any")))}
          ${own ? nothing : select("tag", ["", ...lists.tags.map((tag) => tag.name)], words.tag ?? "", (key) => (key ? `#${key}` : text("todos.due_choices.any")))}
          ${select("sort", sort === "position" ? SORTS : SORTS.slice(1), words.sort ?? sort)}
          ${chosen ? html`<button @click=${allOff}>${text("todos.all_filters_off")}</button>` : nothing}
        </div>
      </details>
    </search>
  `;

  function select(name, keys, value, wording = (key) => text(`todos.${name}_choices.${key}`)) {
    const standard = { done: "open", due: "any", priority: "", tag: "", sort }[name];
    return html`<label class="filter">
      ${text(`todos.${name}_choice`)}
      <select @change=${(event) => choose({ [name]: event.target.value === standard ? "" : event.target.value })}>
        ${keys.map((key) => html`<option value=${key} .selected=${key === value}>${wording(key)}</option>`)}
      </select>
    </label>`;
  }
}

function allOff(event) {
  event.target.closest("details").firstElementChild.focus(); // the button goes
  choose({ done: "", due: "", priority: "", tag: "", sort: "" });
}

function choose(words) {
  go(path(), { ...query(), ...words }, { replace: true });
}
