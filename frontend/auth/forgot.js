import { post } from "../core/api.js";
import { field, form, wrong } from "../core/form.js";
import { html } from "../core/page.js";
import { text } from "../core/text.js";

/** The page for who forgot the password. */
export function forgot(to, email) {
  const state = form({ inPlace: true });
  const submit = state.submit(async ({ email }) => {
    await post("/auth/password-reset", { email }, { wait: false });
    to("sent", email);
  });
  const draw = () => html`
    <form @submit=${submit}>
      ${field(state, "email", text("auth.email"), {
        type: "email",
        value: email,
        required: true,
        autocomplete: "username",
        hint: text("auth.forgot_hint"),
      })}
      ${wrong(state, "_")}
      <p class="actions">
        <button type="button" @click=${() => to("login")}>${text("core.cancel")}</button>
        <button class="main" ?disabled=${state.isBusy}>${text("auth.send_link")}</button>
      </p>
    </form>
  `;
  return { title: () => text("auth.forgot"), draw };
}

/** What follows, always alike: nobody learns here who has an account. */
export function sent(to, email) {
  const draw = () => html`
    <p class="told">${text("auth.sent", { email })}</p>
    <p class="actions"><button class="main" @click=${() => to("login", email)}>${text("auth.log_in")}</button></p>
  `;
  return { title: () => text("auth.sent_title"), draw };
}
