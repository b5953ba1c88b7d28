import { post } from "../core/api.js";
import { describe } from "../core/notices.js";
import { html, nothing, redraw } from "../core/page.js";
import { text } from "../core/text.js";
import { dropToken, mailedToken } from "./mailed_token.js";
import { session } from "./session.js";

/** The page that confirms an e-mail address, at once and by itself, with the token that was mailed there. */
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
      ${canTryAgain ? html`<button @click=${confirm}>${text("auth.again")}</button>` : nothing}
      <button class="main" @click=${() => to("login")}>${text(session.user ? "auth.to_todos" : "auth.log_in")}</button>
    </p>
  `;
  confirm();
  return { title: () => text("auth.verify"), draw };
}
