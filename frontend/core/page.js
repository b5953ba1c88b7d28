/** Draws the page. What is drawn is a function of what the modules know; who changes that asks for it to be drawn again. */

import { render } from "../vendor/lit-html-3.3.3/lit-html.js";

export { ifDefined } from "../vendor/lit-html-3.3.3/directives/if-defined.js";
export { keyed } from "../vendor/lit-html-3.3.3/directives/keyed.js";
export { repeat } from "../vendor/lit-html-3.3.3/directives/repeat.js";
export { html, noChange, nothing, svg } from "../vendor/lit-html-3.3.3/lit-html.js";

let draw = null;
let isAsked = false;
const followers = [];

/** Have `act()` called each time that the page was drawn: for what is done to elements that are there. */
export function whenDrawn(act) {
  followers.push(act);
}

/** Let `template()` be what the page shows. */
export function show(template) {
  draw = template;
  redraw();
}

/** Draw again what may have changed, once for all who ask in one go. */
export function redraw() {
  if (isAsked || !draw) return;
  isAsked = true;
  queueMicrotask(() => {
    isAsked = false;
    render(draw(), document.body);
    for (const act of followers) act();
  });
}
