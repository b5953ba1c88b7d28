import { session } from "../auth/session.js";
import { all, remove } from "../core/api.js";
import { momentText } from "../core/dates.js";
import { ask } from "../core/dialog.js";
import { complain } from "../core/notices.js";
import { html, redraw, repeat } from "../core/page.js";
import { text } from "../core/text.js";
import { card, toCard } from "./card.js";
import { newToken } from "./new_token.js";

/** Personal access tokens, which let scripts in. */
export function tokens() {
  let found = [];

  async function read() {
    try {
      found = (await all("/auth/tokens")).reverse();
    } catch (problem) {
      complain(problem);
    }
    redraw();
  }

  async function drop(token) {
    const isSure = await ask(text("users.delete_token"), text("users.delete_token_sure", token), text("core.delete"), { danger: true });
    if (!isSure) return;
    try {
      await remove(`/auth/tokens/${token.id}`);
    } catch (problem) {
      if (problem.status !== 404) complain(problem); // otherwise it was deleted elsewhere
    }
    await read();
    toCard("tokens");
  }

  const row = (token) => html`<li>
    <span class="grow">
      <strong>${token.name}</strong><br />
      <small>${token.scopes.map((scope) => text(`users.scopes.${scope}`)).join(" · ")}</small><br />
      <small>${token.expires_at ? text("users.expires", { when: momentText(token.expires_at, session.user.time_zone) }) : text("users.never_expires")}</small>
    </span>
    <button aria-label="${text("core.delete")}: ${token.name}" @click=${() => drop(token)}>${text("core.delete")}</button>
  </li>`;

  const draw = () =>
    card(
      "tokens",
      text("users.tokens"),
      html`<p class="told"><small>${text("users.tokens_hint")}</small></p>
        <ul>
          ${repeat(found, (token) => token.id, row)}
        </ul>
        <p class="actions"><button @click=${() => newToken().then(read)}>${text("users.new_token")}</button></p>`,
    );

  read();
  return { draw };
}
