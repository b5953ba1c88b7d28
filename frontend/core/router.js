/**
 * Which view the address calls for: `#/lists/1?sort=due` is the view of `/lists/:id` with `{ id: "1" }` and `{ sort: "due" }`.
 *
 * A view is what its function gives: `{ title(), draw(), changed?(query), leave?() }`. As long as the path stays the same it lives on,
 * and is told of another query.
 */

import { loaded } from "./loading.js";
import { redraw } from "./page.js";

let routes = [];
let isAllowed = () => false; // before there are routes
let current = { path: null, view: null };
let opening = null; // `{ path }` of the view that is being loaded

/** Take `[pattern, load]` pairs, where `load()` gives a view's function or a promise of it, and follow the address from now on, while `allowed()`. */
export function route(pairs, allowed) {
  isAllowed = allowed;
  routes = pairs.map(([pattern, load]) => [new RegExp(`^${pattern.replace(/:(\w+)/g, "(?<$1>[^/]+)")}$`), load]);
  addEventListener("hashchange", follow);
  follow();
}

/** The view that is open. */
export const view = () => current.view;

/** The path that is open, without its query. */
export const path = () => address().path;

/** The query of the address, as an object; a name that repeats gives an array. */
export const query = () => address().query;

/** The address of a path with a query; empty values are left out. */
export function link(to, words = {}) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(words)) for (const one of [value].flat()) if (one) search.append(name, one);
  return `#${to}${search.size ? `?${search}` : ""}`;
}

/** Go to a path. With `replace` the way back leads past the present address. */
export function go(to, words = {}, { replace = false } = {}) {
  const target = link(to, words);
  if (!replace) {
    location.hash = target;
    return;
  }
  history.replaceState(null, "", target);
  follow();
}

/** Close the open view, so that the next `follow` opens it anew: for another person, say. */
export function forget() {
  current.view?.leave?.();
  current = { path: null, view: null };
  opening = null;
}

/** Open the view that the address calls for. The one that is open stays until it is there. */
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

/** The function that loads the view of a path, and the parameters that the path names. An unknown path leads to the first view. */
function wayTo(path) {
  const [pattern, load] = routes.find(([pattern]) => pattern.test(path)) ?? routes[0];
  const params = Object.entries(path.match(pattern)?.groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]);
  return [load, Object.fromEntries(params)];
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
