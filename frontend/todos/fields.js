import { session } from "../auth/session.js";
import { dayAndTime, instantOf, today } from "../core/dates.js";
import { html, noChange, nothing } from "../core/page.js";
import { text } from "../core/text.js";
import { lists, mayEdit } from "../lists/lists.js";
import { membersOf } from "../lists/members.js";
import { PRIORITIES } from "./filters.js";
import { recurrenceText } from "./recurrence.js";

const RULES = ["FREQ=DAILY", "FREQ=WEEKLY", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "FREQ=MONTHLY", "FREQ=YEARLY"];

/** Draws the fields of a todo, to change if it `isMine`; `submit(seen, fields)` is called with what the person saw, and each change. */
export function todoFields(first, submit) {
  let seen = first; // null after a change, until that is drawn
  const change = (fields) => {
    const before = seen ?? first;
    seen = null;
    submit(before, fields);
  };
  const zone = session.user.time_zone;

  return (todo, isMine) => {
    seen ??= todo;
    const people = membersOf(todo.list_id);
    const due = todo.due_at ? dayAndTime(todo.due_at, zone) : { day: todo.due_on ?? "", time: "" };
    const remind = todo.remind_at ? dayAndTime(todo.remind_at, zone) : { day: "", time: "" };
    const setDue = (day, time) => {
      const due = day && time ? { due_at: instantOf(day, time, zone) } : { due_on: day || null };
      change(day || !todo.recurrence ? due : { ...due, recurrence: null }); // what repeats is due
    };
    const setRemind = (day, time) => change({ remind_at: day ? instantOf(day, time, zone) : null });
    return html`
      <fieldset class="fields" ?disabled=${!isMine} @focusin=${() => (seen = todo)}>
        <legend class="unseen">${text("todos.details")}</legend>
        <label class="wide">
          ${text("todos.task")}
          <textarea class="short" name="task" dir="auto" maxlength="500" .value=${kept("task", todo.task)} @change=${(event) => setTask(event.target, todo)}></textarea>
        </label>
        <label class="check wide">
          <input type="checkbox" .checked=${todo.done} @change=${(event) => change({ done: event.target.checked })} /> ${text("todos.done")}
        </label>
        <label class="wide">
          ${text("todos.notes")}
          <textarea
            name="notes"
            dir="auto"
            maxlength="20000"
            .value=${kept("notes", todo.notes ?? "")}
            @change=${(event) => change({ notes: event.target.value || null })}
          ></textarea>
        </label>
        ${pick(
          "list_id",
          lists.all.filter((list) => mayEdit(list.id) || list.id === todo.list_id).map((list) => [list.id, list.name]),
          todo.list_id,
          (list_id) => change({ list_id }),
        )}
        ${pick(
          "priority",
          PRIORITIES.map((name) => [name, text(`todos.priorities.${name}`)]),
          todo.priority,
          (priority) => change({ priority }),
        )}
        ${moment("due_on", due, setDue)} ${moment("remind_at", remind, setRemind, "09:00")}
        ${pick("recurrence", rules(todo.recurrence), todo.recurrence ?? "", (rule) => change(repeat(rule, todo)))}
        ${
          people.length > 1
            ? pick(
                "assignee_id",
                [["", text("todos.nobody")], ...people.map((one) => [one.user_id, one.name || one.email])],
                todo.assignee_id ?? "",
                (id) => change({ assignee_id: id || null }),
              )
            : nothing
        }
        <label class="wide">
          ${text("todos.tags")}
          <input name="tags" dir="auto" list="tags" .value=${kept("tags", todo.tags.join(", "))} @change=${(event) => change({ tags: words(event.target.value) })} />
        </label>
        <datalist id="tags">${lists.tags.map((tag) => html`<option value=${tag.name}></option>`)}</datalist>
      </fieldset>
    `;
  };

  function setTask(element, todo) {
    const task = element.value.trim();
    if (task) change({ task });
    else element.value = todo.task;
  }

  function repeat(rule, todo) {
    const undated = rule && !todo.due_on && !todo.due_at;
    return { recurrence: rule || null, ...(undated ? { due_on: today(zone) } : {}) };
  }
}

/** What somebody is typing in stays. */
const kept = (name, value) => (document.activeElement?.name === name ? noChange : value);

const words = (line) => [
  ...new Set(
    line
      .split(",")
      .map((tag) => tag.trim().replace(/^#/, ""))
      .filter(Boolean),
  ),
];

function rules(current) {
  return [["", text("todos.never")], ...[...new Set([...RULES, current])].filter(Boolean).map((rule) => [rule, recurrenceText(rule)])];
}

function pick(name, options, value, act) {
  return html`<label>
    ${text(`todos.${name}`)}
    <select @change=${(event) => act(event.target.value)}>
      ${options.map(([key, wording]) => html`<option value=${key} .selected=${key === value}>${wording}</option>`)}
    </select>
  </label>`;
}

function moment(name, { day, time }, act, usual = "") {
  return html`<fieldset class="moment">
    <legend>${text(`todos.${name}`)}</legend>
    <input
      type="date"
      min="1000-01-01"
      aria-label=${text("todos.day")}
      .value=${day}
      @change=${({ target }) => target.validity.valid && act(target.value, time || usual)}
    />
    <input
      type="time"
      aria-label=${text("todos.time")}
      .value=${time}
      ?disabled=${!day}
      @change=${({ target }) => {
        target.value ||= usual;
        act(day, target.value);
      }}
    />
  </fieldset>`;
}
