import { session } from "../auth/session.js";
import { all, remove } from "../core/api.js";
import { momentText } from "../core/dates.js";
import { complain, say } from "../core/notices.js";
import { html, nothing, redraw, repeat } from "../core/page.js";
import { text } from "../core/text.js";
import { card, toCard } from "./card.js";
import { device } from "./device.js";

/** `read()` reads again where the person is logged in. */
export function sessions() {
  let found = [];

  async function read() {
    try {
      const newest = (await all("/auth/sessions")).reverse();
      found = newest.sort((one, other) => other.current - one.current);
    } catch (problem) {
      complain(problem);
    }
    redraw();
  }

  const end = (path, words) => async () => {
    try {
      await remove(`/auth/sessions${path}`);
      say(words);
    } catch (problem) {
      if (problem.status !== 404) complain(problem); // otherwise it has ended by itself
    }
    await read();
    toCard("sessions");
  };

  const row = (one) => html`<li>
    <span class="grow">
      <strong>${device(one.user_agent)}</strong> ${one.current ? html`<span class="badge">${text("users.this_session")}</span>` : nothing}
      <br /><small>${text("users.last_used", { ip: one.ip_address, when: momentText(one.last_used_at, session.user.time_zone) })}</small>
    </span>
    ${
      one.current
        ? nothing
        : html`<button
          aria-label="${text("users.end_session")}: ${device(one.user_agent)}, ${momentText(one.last_used_at, session.user.time_zone)}"
          @click=${end(`/${one.id}`, text("users.session_ended"))}
        >
          ${text("users.end_session")}
        </button>`
    }
  </li>`;

  const draw = () =>
    card(
      "sessions",
      text("users.sessions"),
      html`<ul>
          ${repeat(found, (one) => one.id, row)}
        </ul>
        ${
          found.length > 1
            ? html`<p class="actions"><button @click=${end("", text("users.others_ended"))}>${text("users.end_others")}</button></p>`
            : nothing
        }`,
    );

  read();
  return { draw, read };
}
