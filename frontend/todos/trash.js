import { html } from "../core/page.js";
import { text } from "../core/text.js";

/** To be replaced. */
export function trash() {
  return { title: () => text("todos.trash"), draw: () => html`<h1 tabindex="-1">${text("todos.trash")}</h1>` };
}
