import { patch } from "../core/api.js";
import { passwordField } from "../auth/password_field.js";
import { know, session } from "../auth/session.js";
import { field, form, inWords, wrong } from "../core/form.js";
import { say } from "../core/notices.js";
import { html, nothing } from "../core/page.js";
import { text } from "../core/text.js";
import { card } from "./card.js";

/** The e-mail address, and whether it is confirmed. */
export function address() {
  const state = form({ inPlace: true });
  const submit = state.submit(async ({ email, current_password }, element) => {
    const { data } = await patch("/me", { email, current_password }).catch(inWords(409, text("auth.taken"), "email"));
    const isNew = data.email !== session.user.email;
    know(data);
    element.reset();
    say(isNew ? text("users.confirm_by_mail", { email: data.email }) : text("users.saved"));
  });
  const draw = () =>
    card(
      "address",
      text("auth.email"),
      html`<p class="row told">
          <span class="grow">${session.user.email}</span>
          ${session.user.email_verified ? nothing : html`<span class="warm">${text("users.unconfirmed")}</span>`}
        </p>
        <form @submit=${submit}>
          ${field(state, "email", text("users.new_email"), { type: "email", required: true, autocomplete: "email" })}
          ${passwordField(state, "current_password", text("users.current_password"), { autocomplete: "current-password" })}
          ${wrong(state, "_")}
          <p class="actions"><button class="main" ?disabled=${state.isBusy}>${text("users.change_email")}</button></p>
        </form>`,
    );
  return { draw };
}
