// A walk with openapi-fetch, whose types openapi-typescript has written to api.ts: node built/openapi_fetch.js http://localhost:8000
import createClient from "openapi-fetch";
import type { components, paths } from "./api.js";

type Job = components["schemas"]["Job"];
type Problem = components["schemas"]["Problem"];

const [, , baseUrl = "http://localhost:8000"] = process.argv;
const account = { email: `fetch-${Date.now()}@example.org`, password: "violet kettle 71" };
const api = createClient<paths>({ baseUrl });

/** What was asked for; a problem is thrown. */
function answered<T>({ data, error }: { data?: T; error?: Problem }): T {
  if (data === undefined) throw new Error(error ? `${error.code}: ${error.detail}` : "an empty answer");
  return data;
}

async function logIn(): Promise<void> {
  answered(await api.POST("/api/v1/auth/register", { body: account }));
  const tokens = answered(await api.POST("/api/v1/auth/login", { body: account }));
  api.use({
    onRequest({ request }) {
      request.headers.set("Authorization", `Bearer ${tokens.access_token}`);
    },
  });
}

/** The tasks of all pages, and how many pages there were. */
async function readPages(): Promise<{ tasks: string[]; pages: number }> {
  const tasks: string[] = [];
  let pages = 0;
  let cursor: string | null | undefined;
  do {
    const query = { sort: "created_at" as const, limit: 2, ...(cursor ? { cursor } : {}) };
    const page = answered(await api.GET("/api/v1/todos", { params: { query } }));
    tasks.push(...page.data.map((todo) => todo.task ?? ""));
    cursor = page.next_cursor;
    pages += 1;
  } while (cursor);
  return { tasks, pages };
}

/** Change a todo as it was before somebody else changed it; then again, as it is now. */
async function meetConflict() {
  const todo = answered(await api.POST("/api/v1/todos", { body: { task: "build an API", priority: "high" } }));
  const path = { todo_id: todo.id };
  const change = (version: number, task: string) =>
    api.PATCH("/api/v1/todos/{todo_id}", { params: { path, header: { "If-Match": `"${version}"` } }, body: { task } });

  answered(await change(todo.version, "build a good API"));
  const { error, response } = await change(todo.version, "too late");
  if (!error?.current) throw new Error("the second change should have been refused");
  const again = answered(await change(error.current.version, "in time"));
  return { status: response.status, code: error.code, current: error.current["task"], version: again.version };
}

/** Ask for a job again and again, until it has come to its end. */
async function finished(job: Job): Promise<Job> {
  while (job.state === "queued" || job.state === "running") {
    await new Promise((wake) => setTimeout(wake, 50));
    job = answered(await api.GET("/api/v1/jobs/{job_id}", { params: { path: { job_id: job.id } } }));
  }
  return job;
}

async function exportTodos() {
  const accepted = answered(await api.POST("/api/v1/exports", { body: { format: "csv", priority: ["high", "urgent"] } }));
  const job = await finished(accepted);
  if (!job.result || !("count" in job.result)) throw new Error(job.error ?? "an export comes to a count");
  const file = await api.GET("/api/v1/jobs/{job_id}/file", { params: { path: { job_id: job.id } }, parseAs: "text" });
  return { state: job.state, count: job.result.count, rows: answered<string>(file).trim().split("\r\n").length - 1 };
}

await logIn();
for (const task of ["one", "two", "three", "four", "five"]) answered(await api.POST("/api/v1/todos", { body: { task } }));
const refused = await api.POST("/api/v1/todos", { body: { task: " " } });
console.log(
  JSON.stringify({
    ...(await readPages()),
    refused: refused.error?.errors?.["task"],
    conflict: await meetConflict(),
    job: await exportTodos(),
  }),
);
