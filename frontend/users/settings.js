import { know } from "../auth/session.js";
import { get } from "../core/api.js";
import { complain } from "../core/notices.js";
import { html } from "../core/page.js";
import { text } from "../core/text.js";
import { address, appearance, leaving, password, profile } from "./account.js";
import { sessions } from "./sessions.js";
import { tokens } from "./tokens.js";

/** One's own account, a card for each part of it. */
export function settings() {
  const devices = sessions();
  const cards = [profile(), appearance(), address(), password(devices.read), devices, tokens(), leaving()];
  // It may have changed elsewhere, by a mail's link for instance.
  get("/me")
    .then(({ data }) => know(data))
    .catch(complain);
  return {
    title: () => text("users.settings"),
    draw: () => html`
      <h1 tabindex="-1">${text("users.settings")}</h1>
      <div class="settings">${cards.map((card) => card.draw())}</div>
    `,
  };
}
