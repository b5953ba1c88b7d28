import { patch } from "../core/api.js";
import { know, session } from "../auth/session.js";
import { field, form, wrong } from "../core/form.js";
import { say } from "../core/notices.js";
import { html } from "../core/page.js";
import { text } from "../core/text.js";
import { card } from "./card.js";

/** Name, time zone and the mail of the day. */
export function profile() {
  const state = form({ inPlace: true });
  const submit = state.submit(async ({ name, time_zone, daily_digest }, element) => {
    try {
      await save({ name, time_zone, daily_digest: Boolean(daily_digest) });
      element.reset(); // what was typed is what is there now
      say(text("users.saved"));
    } catch (problem) {
      if (problem.status !== 412) throw problem;
      know(problem.current); // fields in which something was typed keep it
      state.errors._ = text("users.changed_elsewhere");
    }
  });
  const draw = () => {
    const { name, time_zone, daily_digest } = session.user;
    return card(
      "profile",
      text("users.profile"),
      html`<form @submit=${submit}>
        ${field(state, "name", text("auth.name"), { value: name, autocomplete: "name", maxlength: 120, hint: text("auth.name_hint") })}
        ${field(state, "time_zone", text("users.time_zone"), {
          value: time_zone,
          required: true,
          list: "time-zones",
          hint: text("users.time_zone_hint"),
        })}
        <datalist id="time-zones">${Intl.supportedValuesOf("timeZone").map((zone) => html`<option value=${zone}></option>`)}</datalist>
        <p class="field">
          <label class="check">
            <input type="checkbox" name="daily_digest" .defaultChecked=${daily_digest} /> ${text("users.daily_digest")}
          </label>
        </p>
        ${wrong(state, "_")}
        <p class="actions"><button class="main" ?disabled=${state.isBusy}>${text("core.save")}</button></p>
      </form>`,
    );
  };
  return { draw };
}

async function save(fields) {
  know((await patch("/me", fields, { ifMatch: session.user.version })).data);
}
