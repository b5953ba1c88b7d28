import { html, redraw, repeat, whenDrawn } from "./page.js";
import { text } from "./text.js";

let open = [];

whenDrawn(() => {
  for (const element of document.querySelectorAll("dialog:not([open])")) element.showModal();
});

/** Gives what the dialog `name` was closed with; undefined where the person left it. `draw(close)` gives its content. */
export function dialog(name, draw, { kind = "" } = {}) {
  return new Promise((resolve) => {
    const before = document.activeElement;
    const one = { name, kind };
    one.close = (value) => {
      if (!open.includes(one)) return;
      open = open.filter((other) => other !== one);
      redraw();
      resolve(value);
      // Browsers give the focus back only to what still has its place.
      setTimeout(() => before?.isConnected && before.focus());
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
  for (const one of open) one.close();
}

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
