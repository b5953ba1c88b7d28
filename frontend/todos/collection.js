import { get } from "../core/api.js";
import { complain } from "../core/notices.js";
import { answered, isGoing, unsentChanges } from "../core/outbox.js";
import { redraw } from "../core/page.js";

const FIRST = 50; // todos of the first page, which somebody waits for
const PAGE = 200;
const OVERLAP = 60_000; // ms that a change may show late

/** Todos that answer a query of GET /todos, kept up to date. One by position is a tree: subtasks stand under their parents. */
export class Collection {
  isKnown = false;
  isAtEnd = false;
  opened = null; // the id of the todo that somebody looks at
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
      .catch((problem) => this.#refused(problem))
      .finally(() => {
        this.#asking = null;
        redraw();
      });
    return this.#asking;
  }

  /** Read what others may have changed: all, where that is one page. */
  async refresh() {
    await this.#asking; // which may have been answered before the change
    if (!this.isKnown) return;
    try {
      await (this.size <= PAGE ? this.#readAll() : this.#readNews());
    } catch (problem) {
      this.#refused(problem);
    }
    redraw();
  }

  close() {
    this.#stop.abort();
  }

  /** Somebody looks at the todo `id`, or with null at none: what has gone to another list meanwhile leaves only then. */
  open(id) {
    const left = this.get(this.opened);
    this.opened = id;
    if (left) this.put(left);
  }

  /** What is on its way to the service stays on top of it. */
  put(todo) {
    if (this.query.list_id && todo.list_id !== this.query.list_id && todo.id !== this.opened) return this.drop(todo.id);
    if (todo.isNew && !this.isTree) this.#todos = new Map([[todo.id, todo], ...this.#todos]);
    this.#todos.set(todo.id, { ...todo, ...unsentChanges(`/todos/${todo.id}`) });
    this.#rows = null;
    redraw();
  }

  /** In the place of its draft. */
  settle(draft, todo) {
    this.#todos = new Map(this.all().map((one) => (one.id === draft.id ? [todo.id, todo] : [one.id, one])));
    this.put(todo);
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

  async #readAll() {
    const before = answered();
    const page = await this.#get({ limit: PAGE });
    if (answered() !== before) return this.#readAll();
    const old = this.all();
    this.#todos.clear();
    this.#take(page);
    this.#keep(old);
    if (this.opened && !page.data.data.some((todo) => todo.id === this.opened)) await this.#readOpened();
  }

  /** What is not sent, was changed here or is open stays in its place, though it may be no answer to the query any more. */
  #keep(old) {
    const all = this.all();
    for (const [index, todo] of old.entries()) {
      if (this.#todos.has(todo.id) || !(todo.isNew || todo.stays || todo.id === this.opened)) continue;
      const before = all.findIndex((other) => other.id === old[index - 1]?.id);
      all.splice(before < 0 ? index : before + 1, 0, todo);
    }
    this.#todos = new Map(all.map((todo) => [todo.id, todo]));
    this.#rows = null;
  }

  async #readOpened() {
    const id = this.opened;
    try {
      this.put({ ...(await get(`/todos/${id}`)).data, stays: true });
    } catch (problem) {
      if (problem.status !== 404) throw problem;
      this.drop(id);
    }
  }

  async #readNews() {
    const newest = Math.max(...this.all().map(({ updated_at }) => Date.parse(updated_at) || 0));
    const since = { limit: PAGE, updated_since: new Date(newest - OVERLAP).toISOString(), done: undefined, sort: "-updated_at" };
    const isNews = ({ id, done, version }) =>
      this.#todos.has(id) ? this.get(id).version < version : this.isTree && [undefined, done].includes(this.query.done);
    for (const todo of (await this.#get(since)).data.data) if (isNews(todo)) this.put(todo);
    for (const todo of (await this.#get({ ...since, trashed: !this.query.trashed })).data.data) this.drop(todo.id);
  }

  /** A list that is gone, or not shared with the person any more, has no todos; nor has an address that makes no sense. */
  #refused(problem) {
    if (![404, 422].includes(problem.status)) return complain(problem);
    this.#todos.clear();
    this.#rows = null;
    this.isKnown = true;
    this.isAtEnd = true;
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
