/** The token in the address that a mail leads to. It stands behind the #, which browsers send to nobody. */
export const mailedToken = () => new URLSearchParams(location.hash.slice(1)).get("token") ?? "";

/** Take the token out of the address: it is of no more use. */
export const dropToken = () => history.replaceState(null, "", "/");
