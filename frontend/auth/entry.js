/** The pages of who is not logged in, and those that mails lead to. */

import { loaded } from "../core/loading.js";
import { complain } from "../core/notices.js";
import { html, nothing, redraw } from "../core/page.js";
import { follow } from "../core/router.js";
import { language, languages, speak } from "../core/text.js";
import { session } from "./session.js";

const MAILED = { "/reset-password": "reset", "/verify-email": "verify" };
const BLANK = { title: () => "", draw: () => nothing };

let page = BLANK;
let isMailed = false;

/** Show one of them where it is needed. */
export function arrive() {
  isMailed = location.pathname in MAILED;
  if (page === BLANK && entry()) turn(MAILED[location.pathname] ?? "login");
}

/** The page that stands before all others, a view; null for none. */
export const entry = () => (isMailed || !session.user ? page : null);

/** `email` is what was typed so far. */
function to(name, email = "") {
  turn(name, email);
  if (isMailed) {
    isMailed = false;
    history.replaceState(null, "", "/");
    follow();
  }
}

async function turn(name, email) {
  const pages = await loaded(
    () => import("./pages.js"),
    () => turn(name, email),
  );
  if (!pages) return;
  const { title, draw } = pages[name](to, email);
  page = { title, draw: () => frame(title(), draw()) };
  redraw();
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
    speak(code).then(redraw, complain);
  };
  return html`<button class="link" lang=${code} aria-pressed=${code === language()} @click=${choose}>${name}</button>`;
}
