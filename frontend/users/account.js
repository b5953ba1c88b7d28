/** Who one is, how one gets in, and how one leaves: a card of the settings for each. */

import { passwordField } from "../auth/password_field.js";
import { know, leave, session } from "../auth/session.js";
import { patch, post } from "../core/api.js";
import { dialog } from "../core/dialog.js";
import { choice, field, form, inWords, wrong } from "../core/form.js";
import { complain, say } from "../core/notices.js";
import { html, nothing, redraw } from "../core/page.js";
import { language, languages, speak, text } from "../core/text.js";
import { theme, wear } from "../core/theme.js";
import { card } from "./card.js";

/** Name, time zone and the mail of the day. */
export function profile() {
  const state = form({ inPlace: true });
  const submit = state.submit(async ({ name, time_zone, daily_digest }, element) => {
    await save({ name, time_zone, daily_digest: Boolean(daily_digest) });
    element.reset(); // what was typed is what is there now
    say(text("users.saved"));
  });
  const draw = () => {
    const { name, time_zone, daily_digest } = session.user;
    return card(
      "profile",
      text("users.profile"),
      html`<form @submit=${submit}>
        ${field(state, "name", text("auth.name"), { value: name, autocomplete: "name", maxlength: 120, hint: text("auth.name_hint") })}
        ${field(state, "time_zone", text("users.time_zone"), {
          value: time_zone,
          required: true,
          list: "time-zones",
          hint: text("users.time_zone_hint"),
        })}
        <datalist id="time-zones">${Intl.supportedValuesOf("timeZone").map((zone) => html`<option value=${zone}></option>`)}</datalist>
        <p class="field">
          <label class="check">
            <input type="checkbox" name="daily_digest" .defaultChecked=${daily_digest} /> ${text("users.daily_digest")}
          </label>
        </p>
        ${wrong(state, "_")}
        <p class="actions"><button class="main" ?disabled=${state.isBusy}>${text("core.save")}</button></p>
      </form>`,
    );
  };
  return { draw };
}

async function save(fields) {
  try {
    know((await patch("/me", fields, { ifMatch: session.user.version })).data);
  } catch (problem) {
    if (problem.status !== 412) throw problem;
    know(problem.current); // fields in which something was typed keep it
    throw Object.assign(problem, { message: text("users.changed_elsewhere") });
  }
}

/** Language and theme, which are this browser's, not the account's. */
export function appearance() {
  const state = form();
  const apply = { language: speak, theme: wear };
  const change = ({ target }) => Promise.resolve(apply[target.name](target.value)).then(redraw, complain);
  const draw = () => {
    const themes = [
      ["", text("users.theme_system")],
      ["light", text("users.theme_light")],
      ["dark", text("users.theme_dark")],
    ];
    return card(
      "appearance",
      text("users.appearance"),
      html`<div @change=${change}>
        ${choice(state, "language", text("users.language"), languages, language())}
        ${choice(state, "theme", text("users.theme"), themes, theme())}
        <p><small>${text("users.appearance_hint")}</small></p>
      </div>`,
    );
  };
  return { draw };
}

/** The e-mail address, and whether it is confirmed. */
export function address() {
  const state = form({ inPlace: true });
  const submit = state.submit(async ({ email, current_password }, element) => {
    const before = session.user.email;
    await save({ email, current_password }).catch(inWords(409, text("auth.taken"), "email"));
    const now = session.user.email;
    element.reset();
    say(now === before ? text("users.saved") : text("users.confirm_by_mail", { email: now }));
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
