import { newKey, Offline, request } from "../core/api.js";
import { reason, sayFailed } from "../core/files.js";
import { say } from "../core/notices.js";
import { html, nothing, redraw, repeat } from "../core/page.js";
import { text } from "../core/text.js";

/**
 * Files on their way to `path`, one after the other: `add(file)`, and `draw()` for those that have not come through.
 * What found no connection stays, to be sent again with its key, so that it never comes twice. `arrived()` is called after each.
 */
export function uploads(path, arrived) {
  let entries = [];
  let before = Promise.resolve();

  function add(file) {
    const entry = { file, key: newKey(), share: null, problem: null };
    entries = [...entries, entry];
    enqueue(entry);
  }

  function enqueue(entry) {
    entry.problem = null;
    before = before.then(() => send(entry));
    redraw();
  }

  async function send(entry) {
    if (!entries.includes(entry)) return;
    const form = new FormData();
    form.append("file", entry.file);
    entry.calledOff = new AbortController();
    const onProgress = (share) => {
      entry.share = share;
      redraw();
    };
    onProgress(0);
    try {
      await request("POST", path, { form, key: entry.key, signal: entry.calledOff.signal, onProgress });
      say(text("attachments.attached", { name: entry.file.name }));
      await arrived();
      drop(entry);
    } catch (problem) {
      fail(entry, problem);
    }
  }

  function fail(entry, problem) {
    if (problem.name === "AbortError") return drop(entry);
    Object.assign(entry, { problem, share: null });
    redraw();
    if (document.querySelector(`[data-upload="${entry.key}"]`)) return;
    sayFailed(entry.file, problem, isWorthIt(problem) ? { name: text("core.again"), act: () => enqueue(entry) } : null);
  }

  function drop(entry) {
    entry.calledOff?.abort();
    // Its buttons go: if one of them has the focus, the panel takes it over.
    document.activeElement?.closest(`[data-upload="${entry.key}"]`)?.closest("section").focus();
    entries = entries.filter((other) => other !== entry);
    redraw();
  }

  function again(event, entry) {
    event.currentTarget.nextElementSibling.focus();
    enqueue(entry);
  }

  const row = (entry) => html`
    <li class="row" data-upload=${entry.key}>
      <span class="grow">
        <bdi>${entry.file.name}</bdi>
        <span role="alert">${entry.problem ? html`<span class="error">${reason(entry.problem)}</span>` : nothing}</span>
      </span>
      ${entry.problem ? nothing : progress(entry)}
      ${isWorthIt(entry.problem) ? html`<button @click=${(event) => again(event, entry)}>${text("core.again")}</button>` : nothing}
      <button class="icon" aria-label=${text("attachments.dismiss", { name: entry.file.name })} @click=${() => drop(entry)}>×</button>
    </li>
  `;

  return {
    add,
    draw: () => html`<ul>${repeat(entries, (entry) => entry.key, row)}</ul>`,
  };
}

const progress = ({ file, share }) =>
  share === null
    ? html`<span class="quiet">${text("attachments.waits")}</span>`
    : html`
        <progress class="grow" max="1" value=${share} aria-label=${text("attachments.sending", { name: file.name })}></progress>
        <span>${text("jobs.percent", { percent: Math.round(100 * share) })}</span>
      `;

const isWorthIt = (problem) => problem && (problem instanceof Offline || problem.status >= 500 || problem.status === 409);
