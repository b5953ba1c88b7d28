/** Short notices that go by themselves, some with a button. */

import { html, redraw } from "./page.js";
import { text } from "./text.js";

const SHOWN = 8000; // milliseconds
let notices = [];
let announced = "";

/** `kind` is "plain" or "bad"; `action` is `{ name, act }`. Gives a function that takes the notice away. */
export function say(words, { kind = "plain", action = null, stays = false } = {}) {
  const notice = { words, kind, action, stays };
  const close = () => {
    notices = notices.filter((other) => other !== notice);
    redraw();
  };
  notice.close = close;
  const others = notices.filter((other) => other.words !== words);
  notices = [...others.filter((other, index) => other.stays || index > others.length - 3), notice];
  if (!stays) setTimeout(close, SHOWN);
  redraw();
  return close;
}

/** For those who hear the page. */
export function announce(words) {
  announced = announced === words ? `${words}\u00a0` : words; // what does not change is not read out again
  redraw();
}

/** What the person called off is nothing to speak of. */
export function complain(problem) {
  if (problem.name === "AbortError") return;
  console.debug(problem);
  say(describe(problem), { kind: "bad" });
}

/** In words: those of the service, with what it says of each field. */
export function describe(problem) {
  if (problem.status === undefined) return text(problem.constructor.name === "Offline" ? "core.offline" : "core.broken");
  const fields = Object.entries(problem.errors ?? {}).map(([name, said]) => `${name}: ${flat(said)}`);
  return fields.length ? fields.join(" · ") : problem.message;
}

/** The regions are always there: what appears in them is read out. */
export function drawNotices() {
  const one = (notice) => html`
    <p class="notice ${notice.kind}">
      <span>${notice.words}</span>
      ${
        notice.action &&
        html`<button
        @click=${() => {
          notice.close();
          notice.action.act();
        }}
      >
        ${notice.action.name}
      </button>`
      }
      <button class="icon" aria-label=${text("core.close")} @click=${notice.close}>×</button>
    </p>
  `;
  const of = (kind) => notices.filter((notice) => notice.kind === kind).map(one);
  return html`
    <div class="notices">
      <p class="unseen" role="status">${announced}</p>
      <div role="status">${of("plain")}</div>
      <div role="alert">${of("bad")}</div>
    </div>
  `;
}

/** What is said of a field, which may have parts of its own. */
export function flat(said) {
  return [said]
    .flat()
    .map((one) => (typeof one === "object" ? Object.values(one).map(flat).join(" ") : one))
    .join(" ");
}
