/** Long lists of which only chunks near the window are in the page; the others are empty boxes of the height that they last had. */

import { html, keyed, nothing, redraw, repeat, svg, whenDrawn } from "./page.js";

const CHUNK = 25; // rows
const NEAR = "1200px 0px";
const GUESS = 44; // pixels of a row that was never drawn

const observed = new WeakSet();
const shown = new Set([0]);
let heights = [];
let atEnd = () => {};

const observer = new IntersectionObserver(
  (seen) => {
    for (const { target, isIntersecting, boundingClientRect } of seen) {
      if (!target.isConnected) continue;
      if (target.dataset.chunk === undefined) isIntersecting && atEnd();
      else if (isIntersecting) shown.add(Number(target.dataset.chunk));
      else if (!target.contains(document.activeElement)) hide(Number(target.dataset.chunk), boundingClientRect.height);
    }
    redraw();
  },
  { rootMargin: NEAR },
);

whenDrawn(() => {
  for (const element of document.querySelectorAll("[data-chunk], [data-end]")) {
    if (observed.has(element)) continue;
    observed.add(element);
    observer.observe(element);
  }
});

/** Another list is shown. */
export function resetWindow() {
  shown.add(0);
  heights = [];
}

/** For the row `index` to be focused. */
export function bringNear(index) {
  shown.add(Math.floor(index / CHUNK));
}

/** Draw `rows` by `draw(row, index)`, known by `key(row)`. `more()` is called when the end comes near; null once there is no more. */
export function windowed(rows, key, draw, more) {
  atEnd = more ?? (() => {});
  const chunks = Array.from({ length: Math.ceil(rows.length / CHUNK) }, (_, index) => index);
  return html`
    ${repeat(
      chunks,
      (chunk) => chunk,
      (chunk) => {
        const start = chunk * CHUNK;
        const part = rows.slice(start, start + CHUNK);
        const content = shown.has(chunk)
          ? repeat(part, key, (row, index) => draw(row, start + index))
          : box(heights[chunk] ?? part.length * GUESS);
        return html`<div role="presentation" data-chunk=${chunk}>${content}</div>`;
      },
    )}
    ${more ? keyed(rows.length, html`<div role="presentation" data-end></div>`) : nothing}
  `;
}

function hide(chunk, height) {
  if (shown.delete(chunk)) heights[chunk] = height;
}

const box = (height) => svg`<svg class="box" width="1" height=${height} aria-hidden="true"></svg>`;
