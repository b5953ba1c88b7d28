import { html } from "../core/page.js";
import { text } from "../core/text.js";

/** To be replaced. */
export function transfers() {
  return { title: () => text("transfers.title"), draw: () => html`<h1 tabindex="-1">${text("transfers.title")}</h1>` };
}
