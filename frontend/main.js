import { arrive, entry } from "./auth/entry.js";
import { endSession, session, start } from "./auth/session.js";
import { listen } from "./core/api.js";
import { closeDialogs, drawDialogs } from "./core/dialog.js";
import { say } from "./core/notices.js";
import { openOutbox } from "./core/outbox.js";
import { html, nothing, show, whenDrawn } from "./core/page.js";
import { follow, forget, route, view } from "./core/router.js";
import { text } from "./core/text.js";
import { putOn } from "./core/theme.js";
import { forgetLists, readLists } from "./lists/lists.js";
import { forgetMembers } from "./lists/members.js";
import { routes } from "./routes.js";
import { shell } from "./shell.js";
import { settleLate } from "./todos/todos.js";

let sayDone = null;
let lastUser = null; // the id of who was logged in last
let seen = null; // the view that was drawn last

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
  openOutbox(session.user?.id ?? null, settleLate);
  if (!session.user) return arrive();
  // Another person has no business at this address.
  if (lastUser && lastUser !== session.user.id) history.replaceState(null, "", "#/");
  lastUser = session.user.id;
  readLists();
  follow();
};

const shown = () => (session.isKnown ? (entry() ?? view()) : null);

whenDrawn(() => {
  const now = shown();
  const title = now?.title();
  document.title = title ? `${title} – Tickbox` : "Tickbox";
  if (!now || now === seen) return;
  const first = document.querySelector(".entry input") ?? (seen && document.querySelector("h1"));
  first?.focus();
  seen = now;
});

// What is typed in a field is sent when the field is left.
addEventListener("pagehide", () => document.activeElement?.blur());

putOn();
show(
  () => html`
  ${session.isKnown ? (entry()?.draw() ?? shell()) : nothing} ${drawDialogs()}
`,
);
await start();
arrive();
if (session.user) session.changed();
route(routes, () => session.user && !entry());
