import { post } from "../core/api.js";
import { choice, form } from "../core/form.js";
import { complain } from "../core/notices.js";
import { html, nothing } from "../core/page.js";
import { text } from "../core/text.js";
import { fileOutcome, jobCard } from "../jobs/jobs.js";
import { lists } from "../lists/lists.js";
import { formats } from "./formats.js";

const DONE = { open: false, done: true };

/** A form, and below it the job that it began; `jobs` is what `lastJobs` gave. */
export function exporter(jobs) {
  const state = form();
  let jobId = null;

  async function start({ format, list_id: listId, which, tag }) {
    const filters = { list_id: listId || undefined, done: DONE[which], tag: tag || undefined };
    const job = (await post("/exports", { format, ...filters })).data;
    jobId = job.id;
    jobs.add(job).catch(complain);
  }

  function draw() {
    const job = jobId && jobs.of(jobId);
    return html`
      <section class="card" aria-labelledby="export">
        <h2 id="export">${text("jobs.export")}</h2>
        <form @submit=${state.submit(start)}>
          <div class="fields">
            ${choice(state, "format", text("transfers.format"), formats(), "csv")}
            ${choice(state, "list_id", text("todos.list_id"), [["", text("transfers.all_lists")], ...lists.all.map(({ id, name }) => [id, name])], "")}
            ${choice(
              state,
              "which",
              text("todos.title"),
              ["", "open", "done"].map((which) => [which, text(`transfers.${which || "all"}`)]),
              "",
            )}
            ${choice(state, "tag", text("todos.tag_choice"), [["", text("transfers.any_tag")], ...lists.tags.map(({ name }) => [name, `#${name}`])], "")}
          </div>
          <p class="actions"><button class="main" ?disabled=${state.isBusy}>${text("transfers.start_export")}</button></p>
        </form>
        ${job ? jobCard(job, { outcome: fileOutcome(job) }) : nothing}
      </section>
    `;
  }

  return { draw, jobId: () => jobId };
}
