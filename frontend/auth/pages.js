/** Each page is `name(to, email)`, where `to(name, email)` turns to another one. */

import { post } from "../core/api.js";
import { field, form, inWords, wrong } from "../core/form.js";
import { describe, say } from "../core/notices.js";
import { html, nothing, redraw } from "../core/page.js";
import { text } from "../core/text.js";
import { passwordField } from "./password_field.js";
import { endSession, logIn, register as openAccount, session } from "./session.js";

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

export function forgot(to, email) {
  const state = form({ inPlace: true });
  const submit = state.submit(async ({ email }) => {
    await post("/auth/password-reset", { email }, { wait: 0 });
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

/** Always alike: nobody learns here who has an account. */
export function sent(to, email) {
  const draw = () => html`
    <p class="told">${text("auth.sent", { email })}</p>
    <p class="actions"><button class="main" @click=${() => to("login", email)}>${text("auth.log_in")}</button></p>
  `;
  return { title: () => text("auth.sent_title"), draw };
}

/** By a token that was mailed. */
export function reset(to) {
  const state = form({ inPlace: true });
  const submit = state.submit(async ({ password }) => {
    try {
      await post("/auth/password-reset/confirm", { token: mailedToken(), password }, { wait: 0 });
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

/** Confirms an address, at once and by itself. */
export function verify(to) {
  let said = () => text("auth.verifying");
  let canTryAgain = false;

  async function confirm() {
    canTryAgain = false;
    try {
      await post("/auth/verify-email", { token: mailedToken() });
      said = () => text("auth.verified");
      dropToken();
    } catch (problem) {
      canTryAgain = problem.status !== 422;
      said = () => (canTryAgain ? describe(problem) : text("auth.spent_verify"));
      if (!canTryAgain) dropToken();
    }
    redraw();
  }

  const draw = () => html`
    <p class="told" role="status">${said()}</p>
    <p class="actions">
      ${canTryAgain ? html`<button @click=${confirm}>${text("core.again")}</button>` : nothing}
      <button class="main" @click=${() => to("login")}>${text(session.user ? "auth.to_todos" : "auth.log_in")}</button>
    </p>
  `;
  confirm();
  return { title: () => text("auth.verify"), draw };
}

/** It stands behind the #, which browsers send to nobody. */
const mailedToken = () => new URLSearchParams(location.hash.slice(1)).get("token") ?? "";

const dropToken = () => history.replaceState(null, "", "/");
