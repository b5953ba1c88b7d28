/** The words of the page, in the language of who reads it. */

import de from "../languages/de.js";
import en from "../languages/en.js";

const LANGUAGES = { en, de };
const KEPT = "tickbox.language";

/** The languages that there are, as `[code, own name]`. */
export const languages = Object.entries(LANGUAGES).map(([code, words]) => [code, words.name]);

let current = chosen();

/** The code of the language in use, which Intl takes too. */
export const language = () => current;

/** Use another language from now on. */
export function speak(code) {
  localStorage.setItem(KEPT, code);
  current = chosen();
}

/**
 * The words under `key` ("todos.add"), with `{name}` replaced by `values.name`.
 *
 * Where there is an entry for each plural form, `values.count` chooses it.
 */
export function text(key, values = {}) {
  let entry = key.split(".").reduce((words, part) => words?.[part], LANGUAGES[current]);
  if (entry === undefined) throw new Error(`no words for ${key}`);
  if (typeof entry === "object") entry = entry[new Intl.PluralRules(current).select(values.count)] ?? entry.other;
  return entry.replace(/\{(\w+)\}/g, (_, name) => (typeof values[name] === "number" ? values[name].toLocaleString(current) : values[name]));
}

/** A moment that the API gave, as people write it. */
export const instant = (moment) => new Date(moment).toLocaleString(current, { dateStyle: "medium", timeStyle: "short" });

function chosen() {
  const wanted = [localStorage.getItem(KEPT), ...navigator.languages.map((tag) => tag.slice(0, 2))];
  const found = wanted.find((code) => code in LANGUAGES) ?? "en";
  document.documentElement.lang = found;
  return found;
}
