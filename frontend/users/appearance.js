import { choice, form } from "../core/form.js";
import { complain } from "../core/notices.js";
import { html, redraw } from "../core/page.js";
import { language, languages, speak, text } from "../core/text.js";
import { theme, wear } from "../core/theme.js";
import { card } from "./card.js";

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
