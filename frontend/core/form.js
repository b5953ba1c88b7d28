/** Forms: fields with what the service says of each, and what they hold. */

import { ifDefined } from "../vendor/lit-html/directives/if-defined.js";
import { complain, flat } from "./notices.js";
import { html, nothing, redraw } from "./page.js";

let forms = 0;

/**
 * What a form knows while it is filled in: `isBusy`, and the `errors` of the last try by field, those of the whole under `_`.
 *
 * `submit(act)` is for its `@submit`: calls `act(values, form)` with what the fields hold, and keeps what the service refused. What
 * names no field of the form is said as a notice.
 */
export function form() {
  forms += 1;
  const state = { id: `form-${forms}`, isBusy: false, errors: {} };
  state.submit = (act) => async (event) => {
    event.preventDefault();
    if (state.isBusy) return;
    const element = event.currentTarget;
    Object.assign(state, { isBusy: true, errors: {} });
    redraw();
    try {
      await act(Object.fromEntries(new FormData(element)), element);
    } catch (problem) {
      refuse(state, element, problem);
    } finally {
      state.isBusy = false;
      redraw();
    }
  };
  return state;
}

function refuse(state, element, problem) {
  if (problem.name === "AbortError") return;
  const errors = problem.errors ?? {};
  state.errors = Object.fromEntries(Object.entries(errors).map(([name, said]) => [name, flat(said)]));
  const named = Object.keys(errors).filter((name) => element.elements[name]);
  if (named.length) setTimeout(() => element.elements[named[0]].focus());
  else complain(problem);
}

/** An input with its label, and below it what the service said of it. Takes the attributes of an input, and `hint`. */
export function field(state, name, label, { type = "text", value = "", hint = "", required = false, ...rest } = {}) {
  const id = `${state.id}-${name}`;
  const error = state.errors[name];
  const describedBy = [error && `${id}-error`, hint && `${id}-hint`].filter(Boolean).join(" ");
  return html`
    <p class="field">
      <label for=${id}>${label}</label>
      <input
        id=${id}
        name=${name}
        type=${type}
        .defaultValue=${value}
        ?required=${required}
        autocomplete=${ifDefined(rest.autocomplete)}
        minlength=${ifDefined(rest.minlength)}
        maxlength=${ifDefined(rest.maxlength)}
        min=${ifDefined(rest.min)}
        max=${ifDefined(rest.max)}
        aria-invalid=${error ? "true" : nothing}
        aria-describedby=${describedBy || nothing}
      />
      ${hint ? html`<small id="${id}-hint">${hint}</small>` : nothing} ${said(id, error)}
    </p>
  `;
}

/** A choice with its label; `options` are `[value, words]` pairs. */
export function choice(state, name, label, options, value) {
  const id = `${state.id}-${name}`;
  const error = state.errors[name];
  return html`
    <p class="field">
      <label for=${id}>${label}</label>
      <select id=${id} name=${name} aria-describedby=${error ? `${id}-error` : nothing}>
        ${options.map(([key, words]) => html`<option value=${key} .selected=${key === value}>${words}</option>`)}
      </select>
      ${said(id, error)}
    </p>
  `;
}

function said(id, error) {
  return error ? html`<small id="${id}-error" class="error" role="alert">${error}</small>` : nothing;
}
