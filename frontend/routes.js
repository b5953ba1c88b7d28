/** Views that are not the first to be seen are loaded when they are opened. */

import { session } from "./auth/session.js";
import { html } from "./core/page.js";
import { go } from "./core/router.js";
import { text } from "./core/text.js";
import { allTodos, assignedTodos, dueTodos, listTodos, taggedTodos } from "./todos/views.js";

export const routes = [
  ["/", () => home],
  ["/lists/:id", () => listTodos],
  ["/todos", () => allTodos],
  ["/due", () => dueTodos],
  ["/assigned", () => assignedTodos],
  ["/tags/:name", () => taggedTodos],
  ["/trash", async () => (await import("./todos/trash.js")).trash],
  ["/transfers", async () => (await import("./transfers/view.js")).transfers],
  ["/reports", async () => (await import("./reports/view.js")).reports],
  ["/settings", async () => (await import("./users/settings.js")).settings],
  [".*", () => nowhere],
];

function home() {
  queueMicrotask(() => go(`/lists/${session.user.inbox_id}`, {}, { replace: true }));
  return { title: () => "", draw: () => "" };
}

function nowhere() {
  const title = () => text("core.nowhere");
  return { title, draw: () => html`<h1 tabindex="-1">${title()}</h1>` };
}
