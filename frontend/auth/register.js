import { field, form, inWords, wrong } from "../core/form.js";
import { say } from "../core/notices.js";
import { html } from "../core/page.js";
import { text } from "../core/text.js";
import { passwordField } from "./password_field.js";
import { register as openAccount } from "./session.js";

/** The page to open an account on. */
export function register(to, email) {
  const state = form({ inPlace: true });
  const submit = state.submit(async ({ name, email, password }) => {
    await openAccount(email, password, name)
      .catch(inWords(403, text("auth.closed")))
      .catch(inWords(409, text("auth.taken"), "email"));
    say(text("auth.welcome", { email }));
    to("login");
  });
  const draw = () => html`
    <form @submit=${submit}>
      ${field(state, "name", text("auth.name"), { autocomplete: "name", maxlength: 120, hint: text("auth.name_hint") })}
      ${field(state, "email", text("auth.email"), { type: "email", value: email, required: true, autocomplete: "username" })}
      ${passwordField(state, "password", text("auth.password"), { autocomplete: "new-password" })} ${wrong(state, "_")}
      <p class="actions"><button class="main" ?disabled=${state.isBusy}>${text("auth.register")}</button></p>
      <p class="other">
        ${text("auth.has_account")} <button class="link" type="button" @click=${() => to("login")}>${text("auth.log_in")}</button>
      </p>
    </form>
  `;
  return { title: () => text("auth.register"), draw };
}
