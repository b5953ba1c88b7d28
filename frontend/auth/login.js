import { field, form, inWords, wrong } from "../core/form.js";
import { html } from "../core/page.js";
import { text } from "../core/text.js";
import { passwordField } from "./password_field.js";
import { logIn } from "./session.js";

/** The page to log in on. */
export function login(to, email) {
  const state = form({ inPlace: true });
  const submit = state.submit(async ({ email, password }) => {
    await logIn(email, password).catch(inWords(401, text("auth.wrong"), "password"));
    to("login"); // for the next one who logs in here
  });
  const typed = (event) => event.target.form.elements.email.value;
  const draw = () => html`
    <form @submit=${submit}>
      ${field(state, "email", text("auth.email"), { type: "email", value: email, required: true, autocomplete: "username" })}
      ${passwordField(state, "password", text("auth.password"), { autocomplete: "current-password" })} ${wrong(state, "_")}
      <p class="actions">
        <button class="link" type="button" @click=${(event) => to("forgot", typed(event))}>${text("auth.forgot")}</button>
        <span class="gap"></span>
        <button class="main" ?disabled=${state.isBusy}>${text("auth.log_in")}</button>
      </p>
      <p class="other">
        ${text("auth.no_account")}
        <button class="link" type="button" @click=${(event) => to("register", typed(event))}>${text("auth.register")}</button>
      </p>
    </form>
  `;
  return { title: () => text("auth.log_in"), draw };
}
