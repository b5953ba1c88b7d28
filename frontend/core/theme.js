const KEPT = "tickbox.theme";

/** "light", "dark", or "" for as the system has it. */
export const theme = () => localStorage.getItem(KEPT) ?? "";

export function wear(name) {
  localStorage.setItem(KEPT, name);
  putOn();
}

export function putOn() {
  if (theme()) document.documentElement.dataset.theme = theme();
  else delete document.documentElement.dataset.theme;
}
