/** Todos that answer one query: read page by page, kept in order, and up to date with what others change. */

import { get } from "../core/api.js";
import { complain } from "../core/notices.js";
import { isGoing, unsentChanges } from "../core/outbox.js";
import { redraw } from "../core/page.js";

const FIRST = 50; // todos of the first page, which somebody waits for
const PAGE = 200;

/** `query` is one of GET /todos. A collection by position is a tree: subtasks stand under their parents. */
export class Collection {
  isKnown = false;
  isAtEnd = false;
  #todos = new Map();
  #rows = null;
  #cursor = null;
  #asking = null;
  #stop = new AbortController();

  constructor(query) {
    this.query = query;
    this.isTree = query.sort === "position" && !query.q;
  }

  /** How many todos have been read. */
  get size() {
    return this.#todos.size;
  }

  /** Read the next page. Does nothing while one is being read, and at the end. */
  more() {
    if (this.isAtEnd) return Promise.resolve();
    this.#asking ??= this.#read()
      .catch(complain)
      .finally(() => {
        this.#asking = null;
        redraw();
      });
    return this.#asking;
  }

  /** Read again what others may have changed: all, where that is one page, else what has changed since. */
  async refresh() {
    if (!this.isKnown || this.#asking) return;
    const newest = this.all().reduce((latest, todo) => (todo.updated_at > latest ? todo.updated_at : latest), "");
    if (this.size <= PAGE) {
      const page = await this.#get({ limit: PAGE });
      const kept = this.all().filter((todo) => todo.isNew || todo.isLeaving);
      this.#todos.clear();
      this.#take(page);
      for (const todo of kept) if (!this.#todos.has(todo.id)) this.put(todo);
    } else if (newest) {
      const since = { limit: PAGE, updated_since: newest, done: undefined, sort: undefined };
      for (const todo of (await this.#get(since)).data.data) if (this.#todos.has(todo.id)) this.put(todo);
      for (const todo of (await this.#get({ ...since, trashed: true })).data.data) this.drop(todo.id);
    }
    redraw();
  }

  /** Stop reading: nobody looks any more. */
  close() {
    this.#stop.abort();
  }

  /** Put a todo in, or in the place of its older self. What is on its way to the service stays on top of it. */
  put(todo) {
    this.#todos.set(todo.id, { ...todo, ...unsentChanges(`/todos/${todo.id}`) });
    this.#rows = null;
    redraw();
  }

  /** Take a todo out, with its subtasks. */
  drop(id) {
    for (const { id: child } of this.all().filter((todo) => todo.parent_id === id)) this.drop(child);
    this.#todos.delete(id);
    this.#rows = null;
    redraw();
  }

  /** The todo `id`, if it is here. */
  get(id) {
    return this.#todos.get(id);
  }

  /** The todos, in the order in which they came. */
  all() {
    return [...this.#todos.values()];
  }

  /** The todos in the order in which they are shown, each as `{ todo, level }`; the top has level 1. */
  rows() {
    this.#rows ??= this.isTree ? tree(this.all()) : this.all().map((todo) => ({ todo, level: 1 }));
    return this.#rows;
  }

  /** Those that stand beside a todo under the same parent, in order, itself included. */
  siblings(todo) {
    const parent = this.#parent(todo);
    return this.rows()
      .map((row) => row.todo)
      .filter((other) => this.#parent(other) === parent);
  }

  /** What it is shown under: a parent that is not here, being done, say, is none. */
  #parent(todo) {
    return this.#todos.has(todo.parent_id) ? todo.parent_id : null;
  }

  async #read() {
    const page = await this.#get({ limit: this.size ? PAGE : FIRST, cursor: this.#cursor });
    this.#take(page);
    this.isKnown = true;
  }

  #get(words) {
    return get("/todos", { ...this.query, ...words }, { signal: this.#stop.signal });
  }

  #take(page) {
    for (const todo of page.data.data) if (!isGoing(`/todos/${todo.id}`)) this.put(todo);
    this.#cursor = page.next;
    this.isAtEnd = !page.next;
  }
}

function tree(todos) {
  const known = new Set(todos.map((todo) => todo.id));
  const under = new Map();
  for (const todo of todos) {
    const parent = known.has(todo.parent_id) ? todo.parent_id : null;
    if (!under.has(parent)) under.set(parent, []);
    under.get(parent).push(todo);
  }
  const rows = [];
  const walk = (parent, level) => {
    const children = under.get(parent) ?? [];
    children.sort((one, other) => one.position - other.position || (one.id < other.id ? -1 : 1));
    for (const todo of children) {
      rows.push({ todo, level });
      walk(todo.id, level + 1);
    }
  };
  walk(null, 1);
  return rows;
}
