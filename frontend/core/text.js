/** The words of the page, in the language of who reads it. */

const KEPT = "tickbox.language";
const NAMES = { en: "English", de: "Deutsch" };

/** As `[code, own name]`. */
export const languages = Object.entries(NAMES);

let current;
let entries;
await use(chosen());

/** The code, which Intl takes too. */
export const language = () => current;

/** Throws where the words cannot be loaded; then they are there after the next reload. */
export async function speak(code) {
  localStorage.setItem(KEPT, code);
  await use(code);
}

/** The words under `key` ("todos.add"), with `{name}` replaced by `values.name`; `values.count` chooses the plural form. */
export function text(key, values = {}) {
  let entry = key.split(".").reduce((some, part) => some?.[part], entries);
  if (entry === undefined) throw new Error(`no words for ${key}`);
  if (typeof entry === "object") entry = entry[new Intl.PluralRules(current).select(values.count)] ?? entry.other;
  return entry.replace(/\{(\w+)\}/g, (_, name) => (typeof values[name] === "number" ? values[name].toLocaleString(current) : values[name]));
}

export const words = (section) => entries[section];

function chosen() {
  const wanted = [localStorage.getItem(KEPT), ...navigator.languages.map((tag) => tag.slice(0, 2))];
  return wanted.find((code) => code in NAMES) ?? "en";
}

async function use(code) {
  entries = (await import(`../languages/${code}.js`)).default;
  current = code;
  document.documentElement.lang = code;
}
