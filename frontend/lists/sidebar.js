import { later } from "../core/loading.js";
import { html, nothing, svg } from "../core/page.js";
import { link, path } from "../core/router.js";
import { text } from "../core/text.js";
import { lists, movable } from "./lists.js";

const newList = later(() => import("./dialogs.js"), "newList");
const orderLists = later(() => import("./order.js"), "orderLists");

const VIEWS = [
  ["/todos", "todos.all"],
  ["/due", "todos.due"],
  ["/assigned", "todos.assigned"],
];
const MORE = [
  ["/trash", "todos.trash"],
  ["/transfers", "transfers.title"],
  ["/reports", "reports.title"],
  ["/settings", "users.settings"],
];

/** The lists, tags and other views to choose from. */
export function sidebar() {
  const kept = lists.all.filter((list) => !list.archived);
  const archived = lists.all.filter((list) => list.archived);
  return html`
    <ul>
      ${VIEWS.map(([to, name]) => entry(link(to), text(name), path() === to))}
    </ul>
    <h2>
      ${text("lists.title")}
      <span class="gap"></span>
      ${
        movable().length > 1
          ? html`<button class="icon" aria-label=${text("lists.order")} title=${text("lists.order")} @click=${() => orderLists()}>⇅</button>`
          : nothing
      }
      <button class="icon" aria-label=${text("lists.new")} title=${text("lists.new")} @click=${() => newList()}>+</button>
    </h2>
    <ul>
      ${kept.map(listEntry)}
    </ul>
    ${
      archived.length
        ? html`<details>
          <summary>${text("lists.archived")}</summary>
          <ul>
            ${archived.map(listEntry)}
          </ul>
        </details>`
        : nothing
    }
    ${
      lists.tags.length
        ? html`<h2>${text("todos.tags")}</h2>
          <ul>
            ${lists.tags.map((tag) => {
              const to = `/tags/${encodeURIComponent(tag.name)}`;
              return entry(link(to), `#${tag.name}`, path() === to, tag.open_count);
            })}
          </ul>`
        : nothing
    }
    <h2>${text("core.more")}</h2>
    <ul>
      ${MORE.map(([to, name]) => entry(link(to), text(name), path() === to))}
    </ul>
  `;
}

/** Its name stands beside it, so nobody needs to see the colour. */
export const dot = (color) =>
  svg`<svg class="dot" viewBox="0 0 10 10" aria-hidden="true"><circle cx="5" cy="5" r="4" fill=${color ?? "none"} /></svg>`;

function listEntry(list) {
  const to = `/lists/${list.id}`;
  return entry(link(to), html`${dot(list.color)} ${list.name}`, path() === to, list.open_count);
}

function entry(href, name, isHere, count = 0) {
  return html`<li>
    <a href=${href} aria-current=${isHere ? "page" : nothing}>
      <span class="name" dir="auto">${name}</span>
      ${count ? html`<span class="count"><span aria-hidden="true">${count}</span><span class="unseen">${text("lists.open", { count })}</span></span>` : nothing}
    </a>
  </li>`;
}
