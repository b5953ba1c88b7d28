import { newKey, Offline, request } from "../core/api.js";
import { figures, table } from "../core/figures.js";
import { filePicker, sayFailed, sizeText } from "../core/files.js";
import { choice, form } from "../core/form.js";
import { complain } from "../core/notices.js";
import { html, nothing, redraw } from "../core/page.js";
import { text } from "../core/text.js";
import { jobCard } from "../jobs/jobs.js";
import { lists, mayEdit, readLists } from "../lists/lists.js";
import { formatOf, formats } from "./formats.js";

const ROWS = 20; // with errors, that are shown
const TRIED = "tickbox.tried"; // a job does not say that it only tried

/** A form, and below it the job that it began; `jobs` is what `lastJobs` gave. */
export function importer(jobs) {
  const state = form();
  let file = null;
  let jobId = null;
  let sent = null; // the share that is sent, while it is
  let isLost = false;
  let last = {}; // what is sent again keeps its key, and is never imported twice
  let calledOff = null;

  function choose([chosen], input) {
    file = chosen ?? null;
    isLost = false;
    const guess = file && formatOf(file.name);
    if (guess) input.form.elements.format.value = guess;
    redraw();
  }

  async function send(values, element) {
    const fields = JSON.stringify(values);
    if (last.file !== file || last.fields !== fields) last = { file, fields, key: newKey() };
    const job = await upload(multipart(values), element);
    if (!job) return;
    last = {};
    jobId = job.id;
    if (values.dry_run === "true") tried.add(job.id);
    else empty(element);
    jobs.add(job).then(readLists).catch(complain);
  }

  /** Null where that failed, and is said. */
  async function upload(body, element) {
    calledOff = new AbortController();
    isLost = false;
    const onProgress = (share) => {
      sent = share;
      redraw();
    };
    onProgress(0);
    try {
      return (await request("POST", "/imports", { form: body, key: last.key, signal: calledOff.signal, onProgress })).data;
    } catch (problem) {
      if (!element.isConnected) sayFailed(last.file, problem);
      else if (problem instanceof Offline) isLost = true;
      else throw problem;
      return null;
    } finally {
      sent = null;
      // The button to cancel goes: if it has the focus, the file takes it over.
      document.activeElement?.closest(".sending")?.closest("form").elements.file.focus();
    }
  }

  function empty(element) {
    element.elements.file.value = "";
    file = null;
  }

  const sending = () => html`
    <p class="row sending">
      <progress class="grow" max="1" value=${sent} aria-label=${text("transfers.sending")}></progress>
      <span>${text("jobs.percent", { percent: Math.round(100 * sent) })}</span>
      <button type="button" @click=${() => calledOff.abort()}>${text("core.cancel")}</button>
    </p>
  `;

  const draw = () => html`
    <section class="card" aria-labelledby="import">
      <h2 id="import">${text("jobs.import")}</h2>
      <form @submit=${state.submit(send)}>
        ${filePicker("import-file", text("transfers.file"), choose, {
          hint: file ? html`<bdi>${file.name}</bdi> · ${sizeText(file.size)}` : text("transfers.drop"),
          required: true,
          error: state.errors.file,
        })}
        <div class="fields">
          ${choice(state, "format", text("transfers.format"), formats(), "csv")}
          ${choice(state, "list_id", text("transfers.into"), targets(), "")}
        </div>
        <p class="check">
          <input id="on_error" type="checkbox" name="on_error" value="skip" />
          <label for="on_error">${text("transfers.skip_bad")}</label>
        </p>
        <div role="alert">${isLost ? html`<p class="error">${text("transfers.lost")}</p>` : nothing}</div>
        ${sent === null ? nothing : sending()}
        <p class="actions">
          <button ?disabled=${state.isBusy} name="dry_run" value="true">${text("transfers.try")}</button>
          <button class="main" ?disabled=${state.isBusy} name="dry_run" value="false">${text("transfers.start_import")}</button>
        </p>
      </form>
      ${jobId ? importCard(jobs.of(jobId)) : nothing}
    </section>
  `;

  return { draw, jobId: () => jobId };
}

export function importCard(job) {
  const { result } = job;
  const isTry = tried.has(job.id);
  const outcome = result
    ? html`
        ${isTry && job.state === "succeeded" ? html`<p>${text("transfers.only_tried")}</p>` : nothing}
        ${job.state === "succeeded" ? figures(["created", "updated", "skipped"].map((name) => [text(`transfers.${name}`), result[name]])) : nothing}
        ${result.errors.length ? badRows(result) : nothing}
      `
    : nothing;
  return jobCard(job, { outcome, reason: result ? text(isTry ? "transfers.would_fail" : "transfers.nothing") : job.error });
}

function badRows({ errors, error_count: count }) {
  const rows = errors.slice(0, ROWS);
  return html`
    ${table(
      text("transfers.bad_rows"),
      [text("transfers.row"), text("transfers.wrong")],
      rows.map(({ row, message }) => [row, message]),
    )}
    ${count > rows.length ? html`<p class="quiet">${text("transfers.more_bad_rows", { count: count - rows.length })}</p>` : nothing}
  `;
}

const targets = () => [
  ["", text("transfers.as_named")],
  ...lists.all.filter((list) => !list.archived && mayEdit(list.id)).map((list) => [list.id, list.name]),
];

function multipart(fields) {
  const body = new FormData();
  for (const [name, value] of Object.entries(fields)) if (value) body.append(name, value);
  return body;
}

const tried = {
  all: () => JSON.parse(sessionStorage.getItem(TRIED) ?? "[]"),
  has: (id) => tried.all().includes(id),
  add: (id) => sessionStorage.setItem(TRIED, JSON.stringify([...tried.all(), id])),
};
