import { session } from "../auth/session.js";
import { all } from "../core/api.js";
import { momentText } from "../core/dates.js";
import { ask } from "../core/dialog.js";
import { form, wrong } from "../core/form.js";
import { complain, say } from "../core/notices.js";
import { submit } from "../core/outbox.js";
import { html, nothing, redraw, repeat } from "../core/page.js";
import { text } from "../core/text.js";
import { listOf, mayEdit } from "../lists/lists.js";
import { membersOf } from "../lists/members.js";

const AGAIN = 15_000; // milliseconds until they are read again
const LONGEST = 10_000; // characters

/** The comments on a todo, oldest first: to read, write, change and delete. `leave()` ends the reading. */
export function commentsPanel(todoId) {
  const panel = {
    path: `/todos/${todoId}/comments`,
    comments: [],
    isKnown: false,
    readings: 0,
    arrived: 0,
    adding: draft(todoId),
    editing: null,
  };
  read(panel).catch(complain);
  // Where that fails nothing is said, as nobody asked for it and the next time comes soon.
  const timer = setInterval(() => document.hidden || read(panel, { isAsked: false }).catch(() => {}), AGAIN);
  return { draw: (listId) => draw(Object.assign(panel, { listId })), leave: () => clearInterval(timer) };
}

/** What others have added meanwhile is `arrived`. */
async function read(panel, { isAsked = true } = {}) {
  const reading = ++panel.readings;
  const found = await all(panel.path);
  if (reading !== panel.readings) return; // a later one knows more
  panel.arrived = isAsked ? 0 : Math.max(0, found.length - panel.comments.length);
  Object.assign(panel, { comments: found, isKnown: true });
  redraw();
}

function draw(panel) {
  return html`
    <section class="comments" aria-label=${text("comments.title")}>
      <h3 tabindex="-1">${text("comments.title")}</h3>
      <p class="unseen" role="status">${panel.arrived ? text("comments.arrived", { count: panel.arrived }) : nothing}</p>
      ${panel.isKnown && !panel.comments.length ? html`<p class="quiet">${text("comments.none")}</p>` : nothing}
      <ul>
        ${repeat(
          panel.comments,
          (comment) => comment.id,
          (comment) => html`<li>${panel.editing?.id === comment.id ? editor(panel, comment) : shown(panel, comment)}</li>`,
        )}
      </ul>
      ${mayEdit(panel.listId) ? adder(panel) : nothing}
    </section>
  `;
}

function shown(panel, comment) {
  const isMine = comment.author_id === session.user?.id;
  const isOwner = listOf(panel.listId)?.role === "owner";
  const isEdited = comment.updated_at !== comment.created_at; // its author's new name is a new version, too
  const edit = html`<button class="link" id="edit-${comment.id}" @click=${() => startEditing(panel, comment)}>${text("core.edit")}</button>`;
  const remove = html`<button class="link" @click=${() => removeComment(panel, comment)}>${text("core.delete")}</button>`;
  return html`
    <p class="row">
      <strong dir="auto">${author(comment, panel.listId)}</strong>
      <small>${momentText(comment.created_at, session.user?.time_zone)} ${isEdited ? text("comments.edited") : nothing}</small>
      <span class="gap"></span>
      ${isMine ? edit : nothing} ${isMine || isOwner ? remove : nothing}
    </p>
    <p class="said" dir="auto">${comment.body}</p>
  `;
}

function adder(panel) {
  const state = panel.adding;
  const add = state.submit(async ({ body }, element) => {
    await send(state, "POST", panel.path, body);
    element.elements.body.value = "";
    await read(panel);
  });
  return html`
    <form @submit=${add}>
      ${area(state, text("comments.add"))}
      <p class="actions"><button ?disabled=${state.isBusy}>${text("comments.send")}</button></p>
    </form>
  `;
}

function editor(panel, comment) {
  const { state } = panel.editing;
  const cancel = () => {
    state.keep("");
    stopEditing(panel, comment);
  };
  const save = state.submit(async ({ body }) => {
    await send(state, "PATCH", `${panel.path}/${comment.id}`, body, { ifMatch: panel.editing.version }).catch((problem) => {
      if (problem.status !== 412) throw problem;
      panel.editing.version = problem.current.version;
      throw Object.assign(problem, { errors: { body: text("comments.changed", { body: problem.current.body }) } });
    });
    await read(panel);
    stopEditing(panel, comment);
  });
  return html`
    <form @submit=${save}>
      ${area(state, text("comments.edit"))}
      <p class="actions">
        <button type="button" @click=${cancel}>${text("core.cancel")}</button>
        <button class="main" ?disabled=${state.isBusy}>${text("core.save")}</button>
      </p>
    </form>
  `;
}

function startEditing(panel, comment) {
  panel.editing = { id: comment.id, version: comment.version, state: draft(comment.id, comment.body) };
  redraw();
  setTimeout(() => document.getElementById(`${panel.editing.state.id}-body`)?.focus());
}

function stopEditing(panel, comment) {
  panel.editing = null;
  redraw();
  setTimeout(() => document.getElementById(`edit-${comment.id}`)?.focus());
}

async function removeComment(panel, comment) {
  if (!(await ask(text("comments.delete"), text("comments.delete_sure"), text("core.delete"), { danger: true }))) return;
  try {
    await submit("DELETE", `${panel.path}/${comment.id}`, undefined, { ifMatch: comment.version });
  } catch (problem) {
    if (problem.status === 412) say(text("comments.changed", { body: problem.current.body }), { kind: "bad" });
    else complain(problem);
  }
  await read(panel).catch(complain);
  setTimeout(() => document.querySelector(".comments h3")?.focus()); // the button is gone
}

/** A form that keeps in this tab what is typed about the todo or the comment `id`. */
function draft(id, body = "") {
  const kept = `tickbox.comment.${session.user.id}.${id}`;
  const keep = (typed) => sessionStorage.setItem(kept, typed);
  return Object.assign(form(), { keep, first: sessionStorage.getItem(kept) || body });
}

/** On its way it is kept by the outbox, and is no draft that could be sent twice. */
function send(state, method, path, body, options) {
  state.keep("");
  return submit(method, path, { body }, options).catch((problem) => {
    state.keep(body);
    throw problem;
  });
}

/** While it is on its way it stays as it was sent. */
function area(state, label) {
  const id = `${state.id}-body`;
  return html`
    <p class="field">
      <label for=${id}>${label}</label>
      <textarea
        id=${id}
        name="body"
        required
        dir="auto"
        maxlength=${LONGEST}
        .defaultValue=${state.first}
        ?readonly=${state.isBusy}
        aria-keyshortcuts="Control+Enter"
        aria-describedby="${id}-error"
        @input=${(event) => state.keep(event.target.value)}
        @keydown=${sendByKey}
      ></textarea>
      ${wrong(state, "body")}
    </p>
  `;
}

function sendByKey(event) {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) event.currentTarget.form.requestSubmit();
}

function author(comment, listId) {
  if (!comment.author_id) return text("comments.gone");
  if (comment.author_name) return comment.author_name;
  return membersOf(listId).find((member) => member.user_id === comment.author_id)?.email ?? text("comments.former");
}
