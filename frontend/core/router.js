/**
 * Which view the address calls for: `#/lists/1?sort=due` is that of `/lists/:id` with `{ id: "1" }` and `{ sort: "due" }`.
 *
 * A view is `{ title(), draw(), changed?(query), leave?() }`. While the path stays it lives on, and is told of another query.
 */

import { loaded } from "./loading.js";
import { redraw } from "./page.js";

let routes = [];
let isAllowed = () => false; // before there are routes
let current = { path: null, view: null };
let visits = 0;
let opening = null; // `{ path }` of the view that is being loaded

/** Follow the address while `allowed()`: `pairs` are `[pattern, load]`, where `load()` gives a view's function or a promise of it. */
export function route(pairs, allowed) {
  isAllowed = allowed;
  routes = pairs.map(([pattern, load]) => [new RegExp(`^${pattern.replace(/:(\w+)/g, "(?<$1>[^/]+)")}$`), load]);
  addEventListener("hashchange", () => {
    visits += 1;
    follow();
  });
  follow();
}

export const view = () => current.view;

/** Another one for each address that the person has gone to: what they typed at one has no business at the next. */
export const visit = () => visits;

/** Without its query. */
export const path = () => address().path;

/** A name that repeats gives an array. */
export const query = () => address().query;

/** Empty values are left out. */
export function link(to, words = {}) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(words)) for (const one of [value].flat()) if (one) search.append(name, one);
  return `#${to}${search.size ? `?${search}` : ""}`;
}

/** With `replace` the way back leads past the present address. */
export function go(to, words = {}, { replace = false } = {}) {
  const target = link(to, words);
  if (!replace) {
    location.hash = target;
    return;
  }
  history.replaceState(null, "", target);
  follow();
}

/** The next `follow` opens the view anew: for another person, say. */
export function forget() {
  current.view?.leave?.();
  current = { path: null, view: null };
  opening = null;
}

/** The view that is open stays until the next one is there. */
export function follow() {
  if (!isAllowed()) return;
  const asked = address();
  if (asked.path === current.path) {
    opening = null;
    current.view?.changed?.(asked.query);
    redraw();
    return;
  }
  if (asked.path !== opening?.path) open(asked.path);
}

async function open(path) {
  const mine = { path };
  opening = mine;
  const [load, params] = wayTo(path);
  const make = await loaded(load, follow);
  if (opening !== mine) return; // something else is wanted by now
  opening = null;
  if (!make) return;
  forget();
  current = { path, view: make(params, query()) };
  redraw();
}

function wayTo(path) {
  const [pattern, load] = routes.find(([pattern]) => pattern.test(path));
  const params = Object.entries(path.match(pattern)?.groups ?? {}).map(([name, value]) => [name, decoded(value)]);
  return [load, Object.fromEntries(params)];
}

/** Somebody may have typed an address in which "%" means itself. */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function address() {
  const [path, search = ""] = location.hash.slice(1).split("?");
  const words = new URLSearchParams(search);
  const query = {};
  for (const name of new Set(words.keys())) {
    const values = words.getAll(name);
    query[name] = values.length > 1 ? values : values[0];
  }
  return { path: path || "/", query };
}
