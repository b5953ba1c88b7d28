import { session } from "../auth/session.js";
import { dueText } from "../core/dates.js";
import { html, keyed, nothing, redraw } from "../core/page.js";
import { text, words } from "../core/text.js";
import { understand } from "./one_line.js";
import { recurrenceText } from "./recurrence.js";

const LONGEST = 500; // characters of a task
const PAUSE = 300; // milliseconds; the preview is read out, and should not be at every letter

/**
 * A form that adds a todo by one line of text, and shows what is understood of it. `add(fields)` is called with the body for POST
 * /todos, without `list_id`. What is typed is kept in this tab, for the list.
 */
export function todoEntry({ listId, add }) {
  const id = `entry-${listId}`;
  const { id: userId, time_zone: zone } = session.user; // as it is now: a preview may follow when nobody is logged in any more
  const kept = `tickbox.entry.${userId}.${listId}`;
  const state = { line: sessionStorage.getItem(kept) ?? "", fields: {}, error: "" };
  let timer = null;

  const look = () => {
    clearTimeout(timer);
    state.fields = understand(state.line, { zone });
    state.error = tooLong(state.fields.task);
    redraw();
  };
  const type = (line) => {
    state.line = line;
    sessionStorage.setItem(kept, line);
    clearTimeout(timer);
    timer = setTimeout(look, PAUSE);
  };
  const submit = (event) => {
    event.preventDefault();
    const input = event.currentTarget.elements.line;
    input.focus();
    look();
    if (!state.fields.task) state.error = text("entry.blank");
    if (state.error) return;
    add(state.fields);
    sessionStorage.removeItem(kept);
    input.value = "";
    Object.assign(state, { line: "", fields: {} });
  };
  look();
  return { draw: () => keyed(id, drawForm(id, state, zone, type, submit)) }; // what is typed for another list stays there
}

function tooLong(task) {
  const count = [...task].length - LONGEST;
  return count > 0 ? text("entry.too_long", { count }) : "";
}

function drawForm(id, { line, fields, error }, zone, type, submit) {
  return html`
    <form class="new-todo" @submit=${submit}>
      <label for=${id}>${text("entry.label")}</label>
      <div class="row">
        <input
          id=${id}
          name="line"
          class="grow"
          dir="auto"
          autocomplete="off"
          enterkeyhint="done"
          placeholder=${text("entry.placeholder")}
          .defaultValue=${line}
          aria-invalid=${error ? "true" : nothing}
          aria-describedby="${id}-error ${id}-preview"
          @input=${(event) => type(event.target.value)}
        />
        <button class="main">${text("core.add")}</button>
      </div>
      <small id="${id}-error" class="error" role="alert">${error}</small>
      ${preview(id, chipsOf(fields, zone), fields.task)} ${help()}
    </form>
  `;
}

function preview(id, chips, task) {
  return html`
    <div id="${id}-preview" class="row preview">
      ${chips.length && task ? html`<span dir="auto">${task}</span>` : nothing}
      <ul class="row" aria-live="polite">
        ${chips.map((chip) => html`<li class="chip" dir="auto">${chip}</li>`)}
      </ul>
    </div>
  `;
}

function chipsOf(fields, zone) {
  const { priority, tags = [], recurrence } = fields;
  const when = dueText(fields, zone);
  return [
    when && text("entry.due", { when }),
    recurrence && recurrenceText(recurrence),
    priority && text("entry.priority", { name: text(`todos.priorities.${priority}`) }),
    ...tags.map((tag) => `#${tag}`),
  ].filter(Boolean);
}

function help() {
  const { examples, meanings } = words("entry");
  return html`
    <details>
      <summary title=${text("entry.help")}><span aria-hidden="true">?</span><span class="unseen">${text("entry.help")}</span></summary>
      <dl>
        ${Object.entries(examples).map(([name, example]) => html`<dt>${meanings[name]}</dt><dd>${example}</dd>`)}
      </dl>
    </details>
  `;
}
