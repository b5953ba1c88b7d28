import { complain, describe, flat } from "./notices.js";
import { html, ifDefined, nothing, redraw } from "./page.js";

let forms = 0;

/**
 * What a form knows: `isBusy`, and the `errors` of the last try by field, those of the whole under `_`.
 *
 * `submit(act)` is for its `@submit`: it calls `act(values, form)`. A refusal that names no field is said as a notice, or `inPlace`
 * by `wrong(state, "_")`.
 */
export function form({ inPlace = false } = {}) {
  forms += 1;
  const state = { id: `form-${forms}`, isBusy: false, inPlace, errors: {} };
  state.submit = (act) => async (event) => {
    event.preventDefault();
    if (state.isBusy) return;
    const element = event.currentTarget;
    Object.assign(state, { isBusy: true, errors: {} });
    redraw();
    try {
      await act(Object.fromEntries(new FormData(element, event.submitter)), element);
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
  const named = Object.keys(errors)
    .map((name) => element.elements[name])
    .find(Boolean);
  // Boxes of one name are a list.
  if (named) setTimeout(() => (named.focus ? named : named[0]).focus());
  else if (state.inPlace) state.errors._ = describe(problem);
  else complain(problem);
}

/** Takes the attributes of an input, `hint`, and what stands `beside` it. */
export function field(state, name, label, { type = "text", value = "", hint = "", required = false, beside = nothing, ...rest } = {}) {
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
        list=${ifDefined(rest.list)}
        aria-invalid=${error ? "true" : nothing}
        aria-describedby=${describedBy || nothing}
      />
      ${beside} ${hint ? html`<small id="${id}-hint">${hint}</small>` : nothing} ${wrong(state, name)}
    </p>
  `;
}

/** `options` are `[value, words]` pairs. */
export function choice(state, name, label, options, value) {
  const id = `${state.id}-${name}`;
  const error = state.errors[name];
  return html`
    <p class="field">
      <label for=${id}>${label}</label>
      <select id=${id} name=${name} aria-describedby=${error ? `${id}-error` : nothing}>
        ${options.map(([key, words]) => html`<option value=${key} .selected=${key === value}>${words}</option>`)}
      </select>
      ${wrong(state, name)}
    </p>
  `;
}

/** The error of a field, or of the whole under `_`. */
export function wrong(state, name) {
  const error = state.errors[name];
  return error ? html`<small id="${state.id}-${name}-error" class="error" role="alert">${error}</small>` : nothing;
}

/** For `catch`: what is refused with `status` is said in these words, at the field `name` if there is one. */
export const inWords = (status, words, name) => (problem) => {
  if (problem.status === status) Object.assign(problem, { message: words, errors: name ? { [name]: words } : {} });
  throw problem;
};
