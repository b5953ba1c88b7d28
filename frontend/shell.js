import { logOut, session } from "./auth/session.js";
import { complain } from "./core/notices.js";
import { waiting } from "./core/outbox.js";
import { html, nothing, redraw } from "./core/page.js";
import { view } from "./core/router.js";
import { text } from "./core/text.js";
import { sidebar } from "./lists/sidebar.js";

let isMenuOpen = false; // on a phone, where the lists lie over the view

addEventListener("hashchange", () => {
  isMenuOpen = false;
});

/** What stands around every view: the bar on top, the lists at the side. */
export function shell() {
  const toggle = () => {
    isMenuOpen = !isMenuOpen;
    redraw();
  };
  return html`
    <a class="skip" href="#main" @click=${skip}>${text("core.skip")}</a>
    <header class="bar">
      <button class="icon menu" aria-expanded=${isMenuOpen} aria-controls="lists" aria-label=${text("core.menu")} @click=${toggle}>☰</button>
      <a class="brand" href="#/">Tickbox</a>
      ${unsent()}
      <span class="gap"></span>
      <a href="#/settings">${session.user.name || session.user.email}</a>
      <button @click=${() => logOut().catch(complain)}>${text("auth.log_out")}</button>
    </header>
    <div class="columns">
      <nav id="lists" class=${isMenuOpen ? "open" : ""} aria-label=${text("lists.title")} @click=${leaveMenu}>${sidebar()}</nav>
      <main id="main" tabindex="-1">${view()?.draw() ?? nothing}</main>
    </div>
  `;
}

/** The view that is open may be chosen, too. */
function leaveMenu({ target }) {
  if (target.closest("a")) isMenuOpen = false;
  redraw();
}

/** The address stays: it names the view. */
function skip(event) {
  event.preventDefault();
  document.querySelector("main").focus();
}

function unsent() {
  const count = waiting();
  return html`<span class="unsent" role="status">${count ? text("core.unsent", { count }) : nothing}</span>`;
}
