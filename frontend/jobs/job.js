/** Work in the background: how it goes on, and how it looks meanwhile. */

import { session } from "../auth/session.js";
import { get, Offline, remove } from "../core/api.js";
import { momentText } from "../core/dates.js";
import { complain } from "../core/notices.js";
import { html, nothing } from "../core/page.js";
import { text } from "../core/text.js";

const SOON = 150; // milliseconds until the first look
const LATER = 2000; // between two looks at last
const ENDED = ["succeeded", "failed", "cancelled"];

/** Whether the job goes on no more. */
export const hasEnded = (job) => ENDED.includes(job.state);

/**
 * Look at a job until it has ended: gives it as it is then, and calls `changed(job)` after each look.
 *
 * It is looked at often at first, every 2 seconds at last, and not while nobody sees the page. Throws Problem, and AbortError by `signal`.
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

/** How far a job is, with a way to call it off, and in the end `outcome`, or why it failed: `reason`, by default its own. */
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

/** An instant in words, where the person is. */
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

/** The button to cancel goes when the job ends: if it has the focus, the card takes it over. */
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
