import { session } from "../auth/session.js";
import { fileUrl, Problem, post } from "../core/api.js";
import { instantOf, today } from "../core/dates.js";
import { dialog } from "../core/dialog.js";
import { field, form, wrong } from "../core/form.js";
import { html, redraw } from "../core/page.js";
import { text } from "../core/text.js";

/** Shows the token this once. Settles when the dialog is closed. */
export function newToken() {
  const state = form({ inPlace: true });
  let token = null;
  let copied = "";
  const submit = state.submit(async ({ name, expires }, element) => {
    const scopes = new FormData(element).getAll("scopes");
    if (!scopes.length) throw new Problem(422, { errors: { scopes: text("users.no_scopes") } });
    token = (await post("/auth/tokens", { name, scopes, expires_at: endOf(expires) })).data.token;
    setTimeout(() => document.getElementById("token").focus());
  });
  const copy = async () => {
    copied = await copyField(document.getElementById("token"));
    redraw();
  };
  return dialog(text("users.new_token"), (close) => (token ? made(token, copy, copied, close) : asked(state, submit)));
}

function asked(state, submit) {
  return html`
    <form @submit=${submit}>
      ${field(state, "name", text("users.token_name"), { required: true, maxlength: 120, hint: text("users.token_name_hint") })}
      <fieldset>
        <legend>${text("users.may")}</legend>
        ${session.user.permissions.map(scopeBox)} ${wrong(state, "scopes")}
      </fieldset>
      ${field(state, "expires", text("users.expires_on"), { type: "date", min: today(session.user.time_zone), hint: text("users.expires_hint") })}
      ${wrong(state, "_")}
      <p class="actions"><button class="main" ?disabled=${state.isBusy}>${text("users.make_token")}</button></p>
    </form>
  `;
}

const scopeBox = (scope) =>
  html`<label class="check"><input type="checkbox" name="scopes" value=${scope} /> ${text(`users.scopes.${scope}`)}</label>`;

function made(token, copy, copied, close) {
  const address = new URL(fileUrl("/todos"), location.href).href;
  return html`
    <p class="field">
      <label for="token">${text("users.token_once")}</label>
      <input id="token" readonly .value=${token} @focus=${(event) => event.target.select()} />
    </p>
    <p class="row"><button @click=${copy}>${text("users.copy")}</button> <span role="status">${copied}</span></p>
    <p class="lead">${text("users.token_example")}</p>
    <pre>curl -H "Authorization: Bearer ${token}" ${address}</pre>
    <p class="actions"><button class="main" @click=${() => close()}>${text("core.close")}</button></p>
  `;
}

/** Browsers let a page copy over HTTPS alone, and on this machine. */
async function copyField(element) {
  element.select();
  try {
    await navigator.clipboard.writeText(element.value);
    return text("users.copied");
  } catch {
    return text("users.copy_by_hand");
  }
}

/** Null for no day. */
const endOf = (day) => (day ? instantOf(day, "23:59:59", session.user.time_zone) : null);
