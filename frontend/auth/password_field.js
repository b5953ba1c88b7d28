import { field } from "../core/form.js";
import { html, redraw } from "../core/page.js";
import { text } from "../core/text.js";

const SHORTEST = 8;
const LONGEST = 128;

/** A password, and a button that shows it. `autocomplete` is "current-password" or "new-password". */
export function passwordField(state, name, label, { autocomplete }) {
  state.shown ??= new Set();
  const isShown = state.shown.has(name);
  const toggle = () => {
    if (!state.shown.delete(name)) state.shown.add(name);
    redraw();
  };
  const isNew = autocomplete === "new-password";
  return field(state, name, label, {
    type: isShown ? "text" : "password",
    required: true,
    autocomplete,
    ...(isNew && { minlength: SHORTEST, maxlength: LONGEST, hint: text("auth.password_hint", { shortest: SHORTEST }) }),
    beside: html`<button type="button" aria-pressed=${isShown} aria-label="${text("auth.show")}: ${label}" @click=${toggle}>
      ${text("auth.show")}
    </button>`,
  });
}
