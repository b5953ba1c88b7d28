import { session } from "../auth/session.js";
import { fileUrl, post } from "../core/api.js";
import { plusDays, today } from "../core/dates.js";
import { choice, field, form } from "../core/form.js";
import { complain } from "../core/notices.js";
import { html, nothing, redraw } from "../core/page.js";
import { text } from "../core/text.js";
import { fileOutcome, follow, jobCard } from "../jobs/jobs.js";
import { lists } from "../lists/lists.js";
import { inWords, numbers, span } from "./numbers.js";

const DAYS = 30; // by default

/** The productivity report: its days, its picture and its numbers. */
export function reports() {
  const state = form();
  const left = new AbortController();
  let asked = null; // what the picture shows
  let shown = null; // the job of the picture
  let files = {}; // jobs of files to save, by format

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
    asked = { from, to, list_id: listId || undefined };
    files = {};
    await ask(asked, "svg", (job) => {
      shown = job;
    });
  }

  function save(format) {
    const mine = files;
    ask(asked, format, (job) => {
      mine[format] = job;
    }).catch(complain);
  }

  const made = ({ report, url }) => html`
    ${numbers(report)}
    <p class="row">${["pdf", "png"].map((format) => html`<button @click=${() => save(format)}>${text(`reports.${format}`)}</button>`)}</p>
    ${Object.values(files).map((job) => jobCard(job, { outcome: fileOutcome(job) }))}
    <img class="report" src=${fileUrl(url)} alt=${inWords(report)} width="827" height="1169" />
  `;

  const result = () => html`
    <section class="card" aria-labelledby="report">
      <h2 id="report">${span(asked)}</h2>
      ${jobCard(shown, { outcome: shown.state === "succeeded" ? made(shown.result) : nothing })}
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
      ${shown ? result() : nothing}
    `,
    leave: () => left.abort(),
  };
}

/** So many days after today. */
const day = (after) => plusDays(today(session.user.time_zone), after);
