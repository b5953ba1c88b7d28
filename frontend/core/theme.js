/** Light, dark, or as the system has it. */

const KEPT = "tickbox.theme";

/** What the person chose: "light", "dark", or "" for as the system has it. */
export const theme = () => localStorage.getItem(KEPT) ?? "";

/** Use another theme from now on. */
export function wear(name) {
  localStorage.setItem(KEPT, name);
  putOn();
}

/** Show the page in the theme that was chosen. */
export function putOn() {
  if (theme()) document.documentElement.dataset.theme = theme();
  else delete document.documentElement.dataset.theme;
}
