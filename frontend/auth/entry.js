import { field, form } from "../core/form.js";
import { html } from "../core/page.js";
import { text } from "../core/text.js";
import { logIn } from "./session.js";

const state = form();

/** To be replaced. */
export function entry() {
  return html`<main><h1 tabindex="-1">${text("auth.title")}</h1><form @submit=${state.submit(({ email, password }) => logIn(email, password))}>
    ${field(state, "email", "Email", { type: "email" })}${field(state, "password", "Password", { type: "password" })}<button>OK</button></form></main>`;
}
