import { passwordField } from "../auth/password_field.js";
import { leave } from "../auth/session.js";
import { dialog } from "../core/dialog.js";
import { form, wrong } from "../core/form.js";
import { say } from "../core/notices.js";
import { html } from "../core/page.js";
import { text } from "../core/text.js";
import { card } from "./card.js";

/** The way out. */
export function leaving() {
  const draw = () =>
    card(
      "leaving",
      text("users.leave"),
      html`<p class="told">${text("users.leave_hint")}</p>
        <p class="actions"><button class="danger" @click=${askAndLeave}>${text("users.leave_ask")}</button></p>`,
    );
  return { draw };
}

function askAndLeave() {
  const state = form({ inPlace: true });
  const submit = state.submit(async ({ current_password }) => {
    await leave(current_password);
    say(text("users.left"));
  });
  return dialog(
    text("users.leave"),
    (close) => html`
      <form @submit=${submit}>
        <p class="told">${text("users.leave_sure")}</p>
        ${passwordField(state, "current_password", text("users.current_password"), { autocomplete: "current-password" })}
        ${wrong(state, "_")}
        <p class="actions">
          <button type="button" @click=${() => close()}>${text("core.cancel")}</button>
          <button class="danger" ?disabled=${state.isBusy}>${text("users.leave_yes")}</button>
        </p>
      </form>
    `,
  );
}
