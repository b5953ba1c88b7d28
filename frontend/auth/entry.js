/** The pages that stand before all others: those of who is not logged in, and those that mails lead to. */

import { loaded } from "../core/loading.js";
import { complain } from "../core/notices.js";
import { html, nothing, redraw } from "../core/page.js";
import { follow } from "../core/router.js";
import { language, languages, speak, text } from "../core/text.js";
import { session } from "./session.js";

const MAILED = { "/reset-password": "reset", "/verify-email": "verify" };
const BLANK = { title: () => "", draw: () => nothing };

let page = BLANK;
let isMailed = false;

/** See to it that there is a page for who is not logged in, or came by a mail. */
export function arrive() {
  isMailed = location.pathname in MAILED;
  if (page === BLANK && entry()) turn(MAILED[location.pathname] ?? "login");
}

/** The page to show before all others, a view; null where the person is logged in and no mail led here. */
export const entry = () => (isMailed || !session.user ? page : null);

/** Show another of these pages, or the todos where the person is logged in. `email` is the address that was typed so far. */
function to(name, email = "") {
  turn(name, email);
  if (isMailed) {
    isMailed = false;
    history.replaceState(null, "", "/");
    follow();
  }
}

async function turn(name, email) {
  const pages = await loaded(() => import("./pages.js"), () => turn(name, email));
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
