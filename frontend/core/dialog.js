import { drawNotices } from "./notices.js";
import { html, nothing, redraw, repeat, whenDrawn } from "./page.js";
import { text } from "./text.js";

const SETTLED = 500; // milliseconds: until then a click may be the second of two on what opened the dialog

let open = [];
let isPressedOutside = false;

addEventListener("hashchange", closeDialogs);

whenDrawn(() => {
  for (const element of document.querySelectorAll("dialog:not([open])")) element.showModal();
});

/** Gives what the dialog `name` was closed with; undefined where the person left it. `draw(close)` gives its content. */
export function dialog(name, draw, { kind = "" } = {}) {
  return new Promise((resolve) => {
    const before = document.activeElement;
    const one = { name, kind, since: performance.now() };
    one.close = (value) => {
      if (!open.includes(one)) return;
      open = open.filter((other) => other !== one);
      redraw();
      resolve(value);
      // Browsers give the focus back only to what still has its place.
      setTimeout(() => before.focus());
    };
    one.draw = () => draw(one.close);
    open = [...open, one];
    redraw();
  });
}

/** Gives whether it was a yes. */
export function ask(name, words, yes, { danger = false } = {}) {
  return dialog(
    name,
    (close) => html`
      <p>${words}</p>
      <p class="actions">
        <button @click=${() => close(false)}>${text("core.cancel")}</button>
        <button class=${danger ? "danger" : "main"} @click=${() => close(true)}>${yes}</button>
      </p>
    `,
  );
}

export function closeDialogs() {
  if (open.length) document.activeElement.blur(); // a field that is left is sent
  for (const one of open) one.close();
}

/** The dialogs, and the notices: beside a dialog nothing can be reached, nor is it read out. */
export function drawDialogs() {
  return html`${drawAll()} ${open.length ? nothing : drawNotices()}`;
}

function drawAll() {
  return repeat(
    open,
    (one) => one,
    (one) => html`
      <dialog
        class=${one.kind}
        aria-label=${one.name}
        @close=${() => one.close()}
        @pointerdown=${(event) => {
          isPressedOutside = isOutside(event) && event.timeStamp > one.since + SETTLED;
        }}
        @click=${(event) => isPressedOutside && isOutside(event) && event.currentTarget.close()}
      >
        <header>
          <h2>${one.name}</h2>
          <button class="icon" aria-label=${text("core.close")} @click=${() => one.close()}>×</button>
        </header>
        ${one.draw()} ${one === open.at(-1) ? drawNotices() : nothing}
      </dialog>
    `,
  );
}

function isOutside({ target, currentTarget, clientX: x, clientY: y }) {
  const { left, right, top, bottom } = currentTarget.getBoundingClientRect();
  return target === currentTarget && (x < left || x > right || y < top || y > bottom);
}
