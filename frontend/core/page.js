/** What is drawn is a function of what the modules know; who changes that asks for `redraw()`. */

import { render } from "../vendor/lit-html-3.3.3/lit-html.js";

export { ifDefined } from "../vendor/lit-html-3.3.3/directives/if-defined.js";
export { keyed } from "../vendor/lit-html-3.3.3/directives/keyed.js";
export { repeat } from "../vendor/lit-html-3.3.3/directives/repeat.js";
export { html, noChange, nothing, svg } from "../vendor/lit-html-3.3.3/lit-html.js";

let draw = null;
let isAsked = false;
const followers = [];

/** For what is done to elements that are there. */
export function whenDrawn(act) {
  followers.push(act);
}

export function show(template) {
  draw = template;
  redraw();
}

/** Once for all who ask in one go. */
export function redraw() {
  if (isAsked || !draw) return;
  isAsked = true;
  queueMicrotask(() => {
    isAsked = false;
    const before = document.activeElement;
    render(draw(), document.body);
    for (const act of followers) act();
    // What had the focus is gone: from the page's end the keyboard would lead out of it.
    if (document.activeElement === document.body)
      (before.isConnected ? before : document.querySelector("h1"))?.focus({ preventScroll: true });
  });
}
