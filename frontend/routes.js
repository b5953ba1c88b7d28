/** The map of addresses: one line a view. */

import { session } from "./auth/session.js";
import { html } from "./core/page.js";
import { go } from "./core/router.js";
import { text } from "./core/text.js";
import { reports } from "./reports/view.js";
import { allTodos, assignedTodos, dueTodos, listTodos, taggedTodos } from "./todos/views.js";
import { trash } from "./todos/trash.js";
import { transfers } from "./transfers/view.js";
import { settings } from "./users/settings.js";

export const routes = [
  ["/", home],
  ["/lists/:id", listTodos],
  ["/todos", allTodos],
  ["/due", dueTodos],
  ["/assigned", assignedTodos],
  ["/tags/:name", taggedTodos],
  ["/trash", trash],
  ["/transfers", transfers],
  ["/reports", reports],
  ["/settings", settings],
  [".*", nowhere],
];

function home() {
  queueMicrotask(() => go(`/lists/${session.user.inbox_id}`, {}, { replace: true }));
  return { title: () => "", draw: () => "" };
}

function nowhere() {
  const title = () => text("core.nowhere");
  return { title, draw: () => html`<h1 tabindex="-1">${title()}</h1>` };
}
