import { html } from "../core/page.js";
import { text } from "../core/text.js";

/** To be replaced. */
export function reports() {
  return { title: () => text("reports.title"), draw: () => html`<h1 tabindex="-1">${text("reports.title")}</h1>` };
}
