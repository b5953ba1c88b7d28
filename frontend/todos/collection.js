import { get } from "../core/api.js";
import { complain } from "../core/notices.js";
import { isGoing, unsentChanges } from "../core/outbox.js";
import { redraw } from "../core/page.js";

const FIRST = 50; // todos of the first page, which somebody waits for
const PAGE = 200;

/** Todos that answer a query of GET /todos, kept up to date. One by position is a tree: subtasks stand under their parents. */
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

  get size() {
    return this.#todos.size;
  }

  /** Does nothing while one is being read, and at the end. */
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

  /** Read what others may have changed: all, where that is one page. */
  async refresh() {
    if (!this.isKnown || this.#asking) return;
    const newest = this.all()
      .map((todo) => todo.updated_at ?? "")
      .sort()
      .at(-1);
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

  close() {
    this.#stop.abort();
  }

  /** What is on its way to the service stays on top of it. */
  put(todo) {
    this.#todos.set(todo.id, { ...todo, ...unsentChanges(`/todos/${todo.id}`) });
    this.#rows = null;
    redraw();
  }

  /** With its subtasks. */
  drop(id) {
    for (const { id: child } of this.all().filter((todo) => todo.parent_id === id)) this.drop(child);
    this.#todos.delete(id);
    this.#rows = null;
    redraw();
  }

  get(id) {
    return this.#todos.get(id);
  }

  all() {
    return [...this.#todos.values()];
  }

  /** As they are shown, each as `{ todo, level }`; the top has level 1. */
  rows() {
    this.#rows ??= this.isTree ? tree(this.all()) : this.all().map((todo) => ({ todo, level: 1 }));
    return this.#rows;
  }

  /** Those under the same parent, in order, itself included. */
  siblings(todo) {
    const parent = this.#parent(todo);
    return this.rows()
      .map((row) => row.todo)
      .filter((other) => this.#parent(other) === parent);
  }

  /** A parent that is not here, being done, say, is none. */
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
