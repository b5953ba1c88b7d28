/** Making a list, and changing or deleting one. */

import { ask, dialog } from "../core/dialog.js";
import { field, form } from "../core/form.js";
import { complain } from "../core/notices.js";
import { html } from "../core/page.js";
import { go } from "../core/router.js";
import { text } from "../core/text.js";
import { addList, changeList, removeList } from "./changes.js";

const COLORS = {
  "#c0392b": "red",
  "#d35400": "orange",
  "#b7950b": "yellow",
  "#27864f": "green",
  "#1f7a8c": "teal",
  "#2e6fb7": "blue",
  "#7d3c98": "purple",
  "#6b7280": "grey",
};
const BLUE = "#2e6fb7";

export async function newList() {
  const made = await dialog(text("lists.new"), editor({ name: "", color: BLUE }, addList));
  if (made) go(`/lists/${made.id}`);
}

export function editList(list) {
  return dialog(
    text("lists.edit"),
    editor(list, (fields) => changeList(list, fields)),
  );
}

export const archiveList = (list) => changeList(list, { archived: !list.archived }).catch(complain);

export async function deleteList(list) {
  if (!(await ask(text("lists.delete"), text("lists.delete_sure", { name: list.name }), text("core.delete"), { danger: true }))) return;
  try {
    await removeList(list);
    go("/");
  } catch (problem) {
    complain(problem);
  }
}

function editor(list, act) {
  const state = form();
  const own = list.color ?? "";
  // A colour that was left alone stays what it is by now.
  const chosen = (color) => (color === own ? list.color : color || null);
  const save = (close) => state.submit(async ({ name, color }) => close((await act({ name, color: chosen(color) })) ?? true));
  const colors = [...new Set(["", ...Object.keys(COLORS), own])];
  return (close) => html`
    <form @submit=${save(close)}>
      ${field(state, "name", text("auth.name"), { value: list.name, required: true, maxlength: 120 })}
      <fieldset class="colors">
        <legend>${text("lists.color")}</legend>
        ${colors.map(
          (color) => html`<label>
            <input type="radio" name="color" value=${color} .defaultChecked=${color === own} />
            <svg viewBox="0 0 20 20" aria-hidden="true"><circle cx="10" cy="10" r="9" fill=${color || "none"} /></svg>
            <span class="unseen">${colorName(color)}</span>
          </label>`,
        )}
      </fieldset>
      <p class="actions"><button class="main" ?disabled=${state.isBusy}>${text("core.save")}</button></p>
    </form>
  `;
}

/** One that another client has chosen has no name here. */
const colorName = (color) => text(color ? `lists.colors.${COLORS[color] ?? "own"}` : "lists.no_color");
