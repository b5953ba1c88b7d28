import { session } from "../auth/session.js";
import { fileUrl, post } from "../core/api.js";
import { plusDays, today } from "../core/dates.js";
import { choice, field, form } from "../core/form.js";
import { complain } from "../core/notices.js";
import { html, nothing, redraw } from "../core/page.js";
import { text } from "../core/text.js";
import { fileOutcome, follow, jobCard } from "../jobs/jobs.js";
import { listOf, lists } from "../lists/lists.js";
import { inWords, numbers, span } from "./numbers.js";

const DAYS = 30; // by default

/** The productivity report: its days, its picture and its numbers. */
export function reports() {
  const state = form();
  const left = new AbortController();
  let current = null; // what is reported on, the job of its picture, and those of files to save by their format

  async function ask(what, format, put) {
    const job = (await post("/reports", { kind: "productivity", format, ...what })).data;
    put(job);
    redraw();
    follow(
      job,
      (changed) => {
        put(changed);
        redraw();
      },
      left.signal,
    ).catch(complain);
  }

  async function show({ from, to, list_id: listId }) {
    const asked = { what: { from, to, list_id: listId || undefined }, job: null, files: {} };
    await ask(asked.what, "svg", (job) => {
      asked.job = job;
    });
    current = asked;
  }

  function save({ what, files }, format) {
    ask(what, format, (job) => {
      files[format] = job;
    }).catch(complain);
  }

  const made = (asked, { report, url }) => html`
    ${numbers(report)}
    <p class="row">
      ${["pdf", "png"].map((format) => html`<button @click=${() => save(asked, format)}>${text(`reports.${format}`)}</button>`)}
    </p>
    ${Object.values(asked.files).map((job) => jobCard(job, { outcome: fileOutcome(job) }))}
    <img class="report" src=${fileUrl(url)} alt=${inWords(report)} width="827" height="1169" />
  `;

  const result = (asked) => html`
    <section class="card" aria-labelledby="report">
      <h2 id="report">${name(asked.what)}</h2>
      ${jobCard(asked.job, { outcome: asked.job.state === "succeeded" ? made(asked, asked.job.result) : nothing })}
    </section>
  `;

  return {
    title: () => text("reports.title"),
    draw: () => html`
      <h1 tabindex="-1">${text("reports.title")}</h1>
      <form class="card" aria-label=${text("reports.days")} @submit=${state.submit(show)}>
        <div class="fields">
          ${field(state, "from", text("reports.from"), { type: "date", value: day(1 - DAYS), required: true })}
          ${field(state, "to", text("reports.to"), { type: "date", value: day(0), required: true })}
          ${choice(state, "list_id", text("todos.list_id"), [["", text("transfers.all_lists")], ...lists.all.map(({ id, name }) => [id, name])], "")}
        </div>
        <p class="actions"><button class="main" ?disabled=${state.isBusy}>${text("auth.show")}</button></p>
      </form>
      ${current ? result(current) : nothing}
    `,
    leave: () => left.abort(),
  };
}

/** The days, and the list where it is one. */
const name = (what) => html`${span(what)} ${what.list_id ? html`· <bdi>${listOf(what.list_id)?.name}</bdi>` : nothing}`;

/** So many days after today. */
const day = (after) => plusDays(today(session.user.time_zone), after);
