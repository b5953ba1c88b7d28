/** Dialogs over the page. The browser keeps the focus inside, and Escape closes them. */

import { html, redraw, repeat, whenDrawn } from "./page.js";
import { text } from "./text.js";

let open = [];

whenDrawn(() => {
  for (const element of document.querySelectorAll("dialog:not([open])")) element.showModal();
});

/**
 * Open a dialog and give what it was closed with; undefined where the person left it.
 *
 * `draw(close)` gives its content and calls `close(value)`; `name` is what it is called.
 */
export function dialog(name, draw, { kind = "" } = {}) {
  return new Promise((resolve) => {
    const before = document.activeElement;
    const one = { name, kind };
    one.close = (value) => {
      if (!open.includes(one)) return;
      open = open.filter((other) => other !== one);
      redraw();
      resolve(value);
      // Once it is gone: the browser gives the focus back by itself only to what still has its place.
      setTimeout(() => before?.isConnected && before.focus());
    };
    one.draw = () => draw(one.close);
    open = [...open, one];
    redraw();
  });
}

/** Ask a question with a yes and a no; gives whether it was a yes. */
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

/** Close all dialogs: the page is about something else now. */
export function closeDialogs() {
  for (const one of open) one.close();
}

/** The dialogs that are open, the last one on top. */
export function drawDialogs() {
  return repeat(
    open,
    (one) => one,
    (one) => html`
      <dialog
        class=${one.kind}
        aria-label=${one.name}
        @close=${() => one.close()}
        @click=${(event) => event.target === event.currentTarget && event.currentTarget.close()}
      >
        <header>
          <h2>${one.name}</h2>
          <button class="icon" aria-label=${text("core.close")} @click=${() => one.close()}>×</button>
        </header>
        ${one.draw()}
      </dialog>
    `,
  );
}
