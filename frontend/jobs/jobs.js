/** Work in the background. */

import { session } from "../auth/session.js";
import { get, Offline, remove } from "../core/api.js";
import { momentText } from "../core/dates.js";
import { fileLink, sizeText } from "../core/files.js";
import { complain } from "../core/notices.js";
import { html, nothing, redraw } from "../core/page.js";
import { text } from "../core/text.js";

const SHOWN = 10;
const SOON = 150; // milliseconds between the first two looks
const LATER = 2000; // and at last
const ENDED = ["succeeded", "failed", "cancelled"];

/**
 * The person's last jobs, followed until they end or `signal` says to stop: `all()`, newest first, and `of(id)`.
 * `add(job)` gives a new one as it is at its end.
 */
export function lastJobs(signal) {
  let jobs = [];
  const of = (id) => jobs.find((job) => job.id === id);

  async function add(job) {
    if (!of(job.id)) jobs = [...jobs, job].sort((one, other) => (one.id < other.id ? 1 : -1));
    redraw();
    return follow(job, put, signal);
  }

  function put(job) {
    jobs = jobs.map((other) => (other.id === job.id ? job : other));
    redraw();
  }

  async function read() {
    const found = (await get("/jobs", { limit: SHOWN }, { signal })).data.data;
    await Promise.all(found.map(add));
  }

  read().catch(complain);
  return { all: () => jobs, of, add };
}

const hasEnded = (job) => ENDED.includes(job.state);

/**
 * Looks at a job until it has ended, unless nobody sees the page: calls `changed(job)` after each look, and gives the last one.
 * Throws Problem, AbortError.
 */
export async function follow(job, changed, signal) {
  for (let pause = SOON; !hasEnded(job); pause = Math.min(1.5 * pause, LATER)) {
    await new Promise((resolve) => setTimeout(resolve, pause));
    while (document.hidden) await new Promise((resolve) => document.addEventListener("visibilitychange", resolve, { once: true }));
    signal.throwIfAborted();
    job = await look(job, signal);
    if (hasEnded(job)) holdFocus(job);
    changed(job);
  }
  return job;
}

/** How far it is, with a way to call it off, and in the end `outcome`, or the `reason` why it failed. */
export function jobCard(job, { outcome = nothing, reason = job.error } = {}) {
  const name = text(`jobs.${job.kind}`);
  return html`
    <article class="job" data-job=${job.id} tabindex="-1" aria-label=${name}>
      <p class="row">
        <span class="grow"><strong>${name}</strong> <span class="quiet">${moment(job.created_at)}</span></span>
        <span role="status">${text(`jobs.${job.state}`)}</span>
        ${hasEnded(job) ? nothing : html`<button @click=${() => cancel(job)}>${text("core.cancel")}</button>`}
      </p>
      ${hasEnded(job) ? nothing : progress(name, job)} ${job.state === "failed" ? html`<p class="error">${reason}</p>` : nothing}
      ${hasEnded(job) ? outcome : nothing}
    </article>
  `;
}

export const moment = (instant) => momentText(instant, session.user.time_zone);

async function look(job, signal) {
  try {
    return (await get(`/jobs/${job.id}`, {}, { signal })).data;
  } catch (problem) {
    if (problem instanceof Offline) return job; // it goes on without us
    throw problem;
  }
}

async function cancel(job) {
  holdFocus(job);
  try {
    await remove(`/jobs/${job.id}`);
  } catch (problem) {
    complain(problem);
  }
}

/** The card takes the focus over from the button that goes. */
function holdFocus(job) {
  document.activeElement?.closest(`[data-job="${job.id}"]`)?.focus();
}

function progress(name, job) {
  const { processed, total, message } = job;
  const count = total ? text("jobs.count", { percent: job.progress, processed, total }) : "";
  return html`
    <progress max="100" value=${total ? job.progress : nothing} aria-label=${name}></progress>
    <p class="quiet">${count} <span lang="en">${message}</span></p>
  `;
}

/** A link to the file that a job made. */
export function fileOutcome(job) {
  if (job.state !== "succeeded") return "";
  const { url, size, count, filename, expires_at: until } = job.result;
  if (new Date(until) < new Date()) return html`<p class="quiet">${text("jobs.expired")}</p>`;
  const about = [count === undefined ? filename : text("jobs.todos", { count }), sizeText(size)].join(" · ");
  return html`
    <p class="row">${fileLink(url, text("jobs.download"), "button")} <span class="quiet grow">${about}<br />${text("jobs.until", { moment: moment(until) })}</span></p>
  `;
}
