/** The person's last jobs. */

import { get } from "../core/api.js";
import { complain } from "../core/notices.js";
import { redraw } from "../core/page.js";
import { follow } from "./job.js";

const SHOWN = 10;

/**
 * The jobs that the person asked for last, on any page, each followed until it ends or `signal` says to stop.
 *
 * `all()` gives them, the newest first; `of(id)` one of them. `add(job)` is for a new one, and gives it as it is at its end.
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
