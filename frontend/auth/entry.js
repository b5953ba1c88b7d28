/** The pages that stand before all others: those of who is not logged in, and those that mails lead to. */

import { html, redraw } from "../core/page.js";
import { follow } from "../core/router.js";
import { language, languages, speak, text } from "../core/text.js";
import { forgot, sent } from "./forgot.js";
import { login } from "./login.js";
import { dropToken } from "./mailed_token.js";
import { register } from "./register.js";
import { reset } from "./reset.js";
import { session } from "./session.js";
import { verify } from "./verify.js";

const PAGES = { login, register, forgot, sent, reset, verify };
const MAILED = { "/reset-password": "reset", "/verify-email": "verify" };

let page = null;
let isMailed = false;

/** Take the address at which the page was opened: a mail may lead there. */
export function arrive() {
  const mailed = MAILED[location.pathname];
  isMailed = Boolean(mailed);
  turn(mailed ?? "login");
}

/** The page to show before all others, a view; null where the person is logged in and no mail led here. */
export const entry = () => (isMailed || !session.user ? page : null);

/** Show another of these pages, or the todos where the person is logged in. `email` is the address that was typed so far. */
function to(name, email = "") {
  turn(name, email);
  if (isMailed) {
    isMailed = false;
    dropToken();
    follow();
  }
  redraw();
}

function turn(name, email) {
  const { title, draw } = PAGES[name](to, email);
  page = { title, draw: () => frame(title(), draw()) };
}

function frame(title, content) {
  return html`
    <main class="entry">
      <p class="brand">Tickbox</p>
      <h1 tabindex="-1">${title}</h1>
      ${content}
    </main>
    <footer class="entry row">${languages.map(languageButton)}</footer>
  `;
}

function languageButton([code, name]) {
  const choose = () => {
    speak(code);
    redraw();
  };
  return html`<button class="link" lang=${code} aria-pressed=${code === language()} @click=${choose}>${name}</button>`;
}
