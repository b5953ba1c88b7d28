import { post } from "../core/api.js";
import { form, wrong } from "../core/form.js";
import { say } from "../core/notices.js";
import { html } from "../core/page.js";
import { text } from "../core/text.js";
import { dropToken, mailedToken } from "./mailed_token.js";
import { passwordField } from "./password_field.js";
import { endSession, session } from "./session.js";

/** The page to choose another password on, by a token that was mailed. */
export function reset(to) {
  const state = form({ inPlace: true });
  const submit = state.submit(async ({ password }) => {
    try {
      await post("/auth/password-reset/confirm", { token: mailedToken(), password }, { wait: false });
    } catch (problem) {
      if (!problem.errors?.token) throw problem;
      dropToken();
      return;
    }
    dropToken();
    if (session.user) endSession(); // like all sessions of the account
    say(text("auth.changed"));
    to("login");
  });
  const choose = () => html`
    <form @submit=${submit}>
      ${passwordField(state, "password", text("auth.new_password"), { autocomplete: "new-password" })} ${wrong(state, "_")}
      <p class="actions"><button class="main" ?disabled=${state.isBusy}>${text("core.save")}</button></p>
    </form>
  `;
  const askAgain = () => html`
    <p class="told error" role="alert">${text("auth.spent_reset")}</p>
    <p class="actions"><button class="main" @click=${() => to("forgot")}>${text("auth.forgot")}</button></p>
  `;
  return { title: () => text("auth.choose_password"), draw: () => (mailedToken() ? choose() : askAgain()) };
}
