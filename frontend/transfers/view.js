import { html, nothing } from "../core/page.js";
import { text } from "../core/text.js";
import { fileOutcome, jobCard, lastJobs } from "../jobs/jobs.js";
import { exporter } from "./export.js";
import { importCard, importer } from "./import.js";

const CARDS = {
  import: importCard,
  export: (job) => jobCard(job, { outcome: fileOutcome(job) }),
  report: (job) => jobCard(job, { outcome: fileOutcome(job) }),
};

/** Imports, exports, and the work that goes on or has ended. */
export function transfers() {
  const left = new AbortController();
  const jobs = lastJobs(left.signal);
  const parts = [importer(jobs), exporter(jobs)];

  function others() {
    const shown = parts.map((part) => part.jobId());
    const found = jobs.all().filter((job) => job.kind in CARDS && !shown.includes(job.id));
    if (!found.length) return nothing;
    return html`<section class="card" aria-labelledby="others"><h2 id="others">${text("transfers.others")}</h2>${found.map((job) => CARDS[job.kind](job))}</section>`;
  }

  return {
    title: () => text("transfers.title"),
    draw: () => html`
      <h1 tabindex="-1">${text("transfers.title")}</h1>
      ${parts.map((part) => part.draw())} ${others()}
    `,
    leave: () => left.abort(),
  };
}
