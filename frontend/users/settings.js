import { html } from "../core/page.js";
import { text } from "../core/text.js";

/** To be replaced. */
export function settings() {
  return { title: () => text("users.settings"), draw: () => html`<h1 tabindex="-1">${text("users.settings")}</h1>` };
}
