/** What jobs that made a file came to. */

import { fileLink, sizeText } from "../core/files.js";
import { html } from "../core/page.js";
import { text } from "../core/text.js";
import { moment } from "./job.js";

/** A link to the file of a job, and until when it is there. */
export function fileOutcome(job) {
  if (job.state !== "succeeded") return "";
  const { url, size, count, filename, expires_at: until } = job.result;
  if (new Date(until) < new Date()) return html`<p class="quiet">${text("jobs.expired")}</p>`;
  const about = [count === undefined ? filename : text("jobs.todos", { count }), sizeText(size)].join(" · ");
  return html`
    <p class="row">${fileLink(url, text("jobs.download"), "button")} <span class="quiet grow">${about}<br />${text("jobs.until", { moment: moment(until) })}</span></p>
  `;
}
