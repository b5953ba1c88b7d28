/** Starts the page: who is it, and which view does the address call for. */

import { endSession, session, start } from "./auth/session.js";
import { entry } from "./auth/entry.js";
import { listen } from "./core/api.js";
import { closeDialogs, drawDialogs } from "./core/dialog.js";
import { drawNotices, say } from "./core/notices.js";
import { openOutbox } from "./core/outbox.js";
import { html, nothing, show, whenDrawn } from "./core/page.js";
import { forget, follow, route, view } from "./core/router.js";
import { text } from "./core/text.js";
import { forgetLists, readLists } from "./lists/lists.js";
import { forgetMembers } from "./lists/members.js";
import { routes } from "./routes.js";
import { shell } from "./shell.js";

let sayDone = null;
let titled = null;

listen({
  ended() {
    if (!session.user) return;
    endSession();
    say(text("auth.ended"), { kind: "bad" });
  },
  waiting(seconds) {
    sayDone?.();
    sayDone = seconds ? say(text("core.waiting", { seconds }), { stays: true }) : null;
  },
});

session.changed = () => {
  closeDialogs();
  forget();
  forgetLists();
  forgetMembers();
  openOutbox(session.user?.id ?? null);
  if (!session.user) return;
  readLists();
  follow();
};

whenDrawn(() => {
  const title = session.user ? view()?.title() : text("auth.title");
  document.title = title ? `${title} – Tickbox` : "Tickbox";
  if (titled !== null && titled !== view()) document.querySelector("h1")?.focus();
  titled = view();
});

show(() => html`
  ${session.isKnown ? (session.user ? shell() : entry()) : nothing} ${drawDialogs()} ${drawNotices()}
`);
await start();
if (session.user) session.changed();
route(routes, () => Boolean(session.user));
