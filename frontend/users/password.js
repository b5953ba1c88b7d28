import { post } from "../core/api.js";
import { passwordField } from "../auth/password_field.js";
import { session } from "../auth/session.js";
import { form, wrong } from "../core/form.js";
import { say } from "../core/notices.js";
import { html } from "../core/page.js";
import { text } from "../core/text.js";
import { card } from "./card.js";

/** The password. `changed()` is called when there is another one: all other sessions have ended. */
export function password(changed) {
  const state = form({ inPlace: true });
  const submit = state.submit(async ({ current_password, new_password }, element) => {
    await post("/auth/password", { current_password, new_password });
    element.reset();
    say(text("users.password_changed"));
    changed();
  });
  const draw = () =>
    card(
      "password",
      text("auth.password"),
      html`<form @submit=${submit}>
        <input hidden autocomplete="username" .defaultValue=${session.user.email} />
        ${passwordField(state, "current_password", text("users.current_password"), { autocomplete: "current-password" })}
        ${passwordField(state, "new_password", text("auth.new_password"), { autocomplete: "new-password" })}
        <p class="told"><small>${text("users.password_ends")}</small></p>
        ${wrong(state, "_")}
        <p class="actions"><button class="main" ?disabled=${state.isBusy}>${text("users.change_password")}</button></p>
      </form>`,
    );
  return { draw };
}
