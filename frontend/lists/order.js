import { dialog } from "../core/dialog.js";
import { complain } from "../core/notices.js";
import { html, redraw, repeat } from "../core/page.js";
import { text } from "../core/text.js";
import { changeList } from "./changes.js";
import { movable, readLists } from "./lists.js";

/** The order of the lists is each person's own. The inbox stays first. */
export function orderLists() {
  const state = { isBusy: false, said: "" };
  return dialog(
    text("lists.order"),
    () => html`
      <ol class="order">
        ${repeat(
          movable(),
          (list) => list.id,
          (list, index) => html`<li class="row">
            <span class="grow" dir="auto">${list.name}</span>
            ${button(state, list, -1, index > 0)} ${button(state, list, 1, index < movable().length - 1)}
          </li>`,
        )}
      </ol>
      <p class="unseen" role="status">${state.said}</p>
    `,
  );
}

function button(state, list, step, isPossible) {
  const name = text(step < 0 ? "lists.up" : "lists.down", { name: list.name });
  return html`<button class="icon" id=${buttonId(list, step)} aria-label=${name} ?disabled=${!isPossible} @click=${() => move(state, list, step)}>
    ${step < 0 ? "↑" : "↓"}
  </button>`;
}

async function move(state, list, step) {
  if (state.isBusy) return;
  state.isBusy = true;
  try {
    await changeList(list, { position: placeBeside(list, step) });
    const place = movable().findIndex((other) => other.id === list.id) + 1;
    state.said = text("lists.moved", { name: list.name, place, count: movable().length });
  } catch (problem) {
    complain(problem);
    await readLists();
  } finally {
    state.isBusy = false;
  }
  redraw();
  // At an end only the way back is left.
  setTimeout(() =>
    [step, -step]
      .map((way) => document.getElementById(buttonId(list, way)))
      .find((found) => found && !found.disabled)
      ?.focus(),
  );
}

/** Between two lists, or beyond the last one. */
function placeBeside(list, step) {
  const others = movable().filter((other) => other.id !== list.id);
  const place = movable().findIndex((other) => other.id === list.id) + step;
  const [before, after] = [others[place - 1], others[place]];
  if (before && after) return (before.position + after.position) / 2;
  return before ? before.position + 1 : after.position - 1;
}

const buttonId = (list, step) => `move-${list.id}-${step}`;
