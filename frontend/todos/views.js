import { html } from "../core/page.js";

const view = () => ({ title: () => "", draw: () => html`<h1 tabindex="-1">…</h1>` });
export { view as allTodos, view as assignedTodos, view as dueTodos, view as listTodos, view as taggedTodos };
