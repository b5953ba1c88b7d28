// A walk with the client that @hey-api/openapi-ts has written to hey/: node built/hey_api.js http://localhost:8000
import { client } from "./hey/client.gen.js";
import { createExport, createTodo, getJob, getJobFile, listTodos, login, register, updateTodo } from "./hey/sdk.gen.js";
import type { Job, Problem } from "./hey/types.gen.js";

const [, , baseUrl = "http://localhost:8000"] = process.argv;
const account = { email: `hey-${Date.now()}@example.org`, password: "violet kettle 71" };
client.setConfig({ baseUrl });

/** What was asked for; a problem is thrown. */
function answered<T>({ data, error }: { data: T | undefined; error: Problem | undefined }): T {
  if (data === undefined) throw new Error(error ? `${error.code}: ${error.detail}` : "an empty answer");
  return data;
}

async function logIn(): Promise<void> {
  answered(await register({ body: account }));
  const tokens = answered(await login({ body: account }));
  // The token is for the header alone: cookies and their CSRF token are for web pages.
  client.setConfig({ auth: ({ scheme }) => (scheme === "bearer" ? tokens.access_token : undefined) });
}

/** The tasks of all pages, and how many pages there were. */
async function readPages(): Promise<{ tasks: string[]; pages: number }> {
  const tasks: string[] = [];
  let pages = 0;
  let cursor: string | null = null;
  do {
    const query: { cursor?: string } = cursor ? { cursor } : {};
    const page = answered(await listTodos({ query: { sort: "created_at", limit: 2, ...query } }));
    tasks.push(...page.data.map((todo) => todo.task ?? ""));
    cursor = page.next_cursor;
    pages += 1;
  } while (cursor);
  return { tasks, pages };
}

/** Change a todo as it was before somebody else changed it; then again, as it is now. */
async function meetConflict() {
  const todo = answered(await createTodo({ body: { task: "build an API", priority: "high" } }));
  const change = (version: number, task: string) =>
    updateTodo({ path: { todo_id: todo.id }, headers: { "If-Match": `"${version}"` }, body: { task } });

  answered(await change(todo.version, "build a good API"));
  const { error, response } = await change(todo.version, "too late");
  if (!error?.current) throw new Error("the second change should have been refused");
  const again = answered(await change(error.current.version, "in time"));
  return { status: response?.status, code: error.code, current: error.current["task"], version: again.version };
}

/** Ask for a job again and again, until it has come to its end. */
async function finished(job: Job): Promise<Job> {
  while (job.state === "queued" || job.state === "running") {
    await new Promise((wake) => setTimeout(wake, 50));
    job = answered(await getJob({ path: { job_id: job.id } }));
  }
  return job;
}

async function exportTodos() {
  const job = await finished(answered(await createExport({ body: { format: "csv", priority: ["high", "urgent"] } })));
  if (!job.result || !("count" in job.result)) throw new Error(job.error ?? "an export comes to a count");
  const file = answered(await getJobFile({ path: { job_id: job.id }, parseAs: "blob" }));
  return { state: job.state, count: job.result.count, rows: (await file.text()).trim().split("\r\n").length - 1 };
}

await logIn();
for (const task of ["one", "two", "three", "four", "five"]) answered(await createTodo({ body: { task } }));
const refused = await createTodo({ body: { task: " " } });
console.log(
  JSON.stringify({
    ...(await readPages()),
    refused: refused.error?.errors?.["task"],
    conflict: await meetConflict(),
    job: await exportTodos(),
  }),
);
