import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { cutMark } from "@/contract/file-changes";
import { pngOf } from "@/contract/test/images";
import { createTestDatabase, type TestDatabase } from "@/db/test/database";
import { makeMessage, makeRun, makeSession } from "@/db/test/factories";
import { appendEvents } from "@/server/events";
import { mintOperatorToken } from "@/server/identity";
import { claimRun, createRun } from "@/server/runs";
import { archive, claimSession, folderOf, makeStoredSession, runTurn } from "@/server/storage/test/volume";
import { ADMIN } from "@/server/test/context";
import { ADMIN_TOKEN, startTestWeb, type TestWeb } from "@/server/test/web";
import { EXIT } from "./failure";
import { styler } from "./io";
import { type ProgramEnvironment, runProgram } from "./program";

let database: TestDatabase;
let web: TestWeb;
beforeAll(async () => {
  database = await createTestDatabase();
  web = await startTestWeb(database);
});
afterAll(async () => {
  await web[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

type Told = Partial<ProgramEnvironment> & { env?: Record<string, string> };

/** Runs a command line; returns how it ended and what it wrote. */
async function type(words: string[], told: Told = {}) {
  const out: string[] = [];
  const notes: string[] = [];
  const bytes: Uint8Array[] = [];
  const code = await runProgram(words, {
    env: { AGENTRUN_URL: web.url, AGENTRUN_TOKEN: ADMIN_TOKEN },
    version: "1.2.3",
    out: (line) => void out.push(line),
    bytes: async (chunk) => void bytes.push(chunk),
    note: (line) => void notes.push(line),
    ...{ ask: null, lines: () => Readable.from([]), columns: null, style: styler(false), onInterrupt: () => undefined },
    signal: new AbortController().signal,
    self: ["agentrun"],
    ...told,
  });
  return {
    code,
    out,
    notes,
    bytes: Buffer.concat(bytes),
    json: () => JSON.parse(out.join("\n")) as Record<string, unknown>,
  };
}

const TASK = ["queue.createTask", "title=Mend the roof", "backendProfile=codex", "payload.text=go"];

test("calls any procedure by name, with values typed by the server's document", async () => {
  const made = await type([...TASK, "priority=7", 'metadata:={"flag":true}', "references:=[1,2]"]);
  expect([made.code, made.notes]).toEqual([EXIT.ok, []]);
  expect(made.json()).toMatchObject({
    ...{ title: "Mend the roof", priority: 7, payload: { text: "go" }, metadata: { flag: true }, references: [1, 2] },
    state: "pending",
  });
  const taskId = String(made.json().id);
  expect((await type(["queue.getTask", `taskId=${taskId}`])).json()).toMatchObject({ id: taskId });
  const changed = await type([
    "queue.updateTask",
    `taskId=${taskId}`,
    "priority=-3",
    `expectedVersion=${made.json().version}`,
  ]);
  expect(changed.json()).toMatchObject({ id: taskId, priority: -3 });
});

test.each(["BUDGETS", "MCP", "SCHEDULES", "TRACES", "WEBHOOKS"])(
  "accepts the call documented in docs/%s.md",
  async (name) => {
    const [, block = ""] = /```sh\n(npx agentrun .*?)```/s.exec(await readFile(`docs/${name}.md`, "utf8")) ?? [];
    // A real shell splits the words, as it does for a person.
    const words = execFileSync("sh", ["-c", `npx() { shift; printf '%s\\0' "$@"; }\n${block}`], { encoding: "utf8" });
    const made = await type(words.split("\0").slice(0, -1));
    expect([made.code, made.notes]).toEqual([EXIT.ok, []]);
  },
);

test("reports a wrong line with a correction, and sends no request", async () => {
  const lines: [string[], string][] = [
    [["queu.createTask"], "  try: queue.createTask"],
    [["queue.getTask"], "  try: agentrun help queue.getTask"],
    [["runs.list", "limit"], "  try: name=value, or name:=JSON"],
    [["runs.list", "limit:=x"], "  try: limit=… for a text"],
    [["queue.createTask", "title=a", "title=b"], "agentrun: “title” is said twice"],
    [
      ["queue.createTask", "payload=a", "payload.text=b"],
      "agentrun: “payload.text=b” differs from what was said before it",
    ],
    [["runs.get", "runId="], "  try: agentrun help runs.get"],
    [["queue.createTask", "--input", "/nowhere"], expect.stringMatching(/^agentrun: \/nowhere cannot be read: ENOENT/)],
    [["run", "x".repeat(1_048_577)], expect.stringMatching(/^agentrun: what is to be said cannot be sent: /)],
    [
      ["run", "x", "--schema", "/nowhere"],
      expect.stringMatching(/^agentrun: \/nowhere cannot be read as JSON: ENOENT/),
    ],
    [
      ["run", "x", "--schema", "package.json"],
      expect.stringMatching(/^agentrun: --schema is no schema of an answer: type: /),
    ],
    [["session"], "  try: agentrun --help"],
    [["tops"], "  try: agentrun top"],
    [["ls", "session"], "  try: agentrun ls sessions"],
    [["ls", "runs", "stat:failed"], "  try: status:failed"],
    [["ls", "runs", "--limit", "0"], "agentrun: --limit takes a number of rows or “all”, not “0”"],
    [["ls", "runs", "--lim", "3"], "agentrun: Unknown option '--lim'"],
    [["api", "FETCH", "/runs"], "  try: agentrun api GET /overview"],
    [["run"], '  try: agentrun run "write a file"'],
    [["--timeout", "soon", "status"], "agentrun: --timeout takes seconds, not “soon”"],
    [["--url", "nowhere", "status"], "  try: --url http://127.0.0.1:3000"],
    [[], "  try: agentrun --help"],
  ];
  for (const [words, said] of lines) {
    const { code, out, notes } = await type(words);
    expect({ words, code, out, notes }).toEqual({
      words,
      code: EXIT.usage,
      out: [],
      notes: expect.arrayContaining([said]),
    });
  }
});

test("reports a refusal with reason and request id, and exits with its kind's code", async () => {
  const viewer = await mintOperatorToken(web.as(ADMIN), { name: "vic", role: "viewer", tenantId: null });
  const lines: [string[], string | null, number, string][] = [
    [["runs.get", "runId=run_none"], ADMIN_TOKEN, EXIT.notFound, "not-found"],
    [["runs.list"], "arq_nobody", EXIT.forbidden, "unauthenticated"],
    [TASK, viewer, EXIT.forbidden, "forbidden"],
    [["queue.createTask", "title=x"], ADMIN_TOKEN, EXIT.usage, "invalid-input"],
    [["backends.get", "profile=none"], ADMIN_TOKEN, EXIT.notFound, "not-found"],
  ];
  for (const [words, token, code, reason] of lines) {
    const ended = await type(words, { env: { AGENTRUN_URL: web.url, AGENTRUN_TOKEN: token ?? "" } });
    expect({ words, code: ended.code, out: ended.out }).toEqual({ words, code, out: [] });
    expect(ended.notes[0]).toContain(`(${reason})`);
    expect(ended.notes.at(-1)).toMatch(/^ {2}request: \S+$/);
  }
});

test("distinguishes no server, another server and a timeout", async () => {
  const env = { AGENTRUN_URL: "http://127.0.0.1:1", AGENTRUN_TOKEN: "x" };
  expect(await type(["runs.list"], { env })).toMatchObject({ code: EXIT.unreachable, out: [] });
  const other = createServer((request, response) => {
    if (request.url !== "/api/openapi.json") response.end("<html>");
  });
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  try {
    const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    const stranger = await type(["--url", url, "status"]);
    expect([stranger.code, stranger.notes[0]]).toEqual([
      EXIT.unreachable,
      `agentrun: ${url} cannot be reached: what answers there is no AgentRun (200)`,
    ]);
    expect(await type(["--url", url, "--timeout", "0.2", "runs.list"])).toMatchObject({
      code: EXIT.timeout,
      notes: [`agentrun: ${url} gave no answer within 0.2 s`],
    });
  } finally {
    other.closeAllConnections();
    other.close();
  }
});

test("sends a data folder's token only to its own server", async () => {
  const asked: (string | undefined)[] = [];
  const stranger = createServer((request, response) => {
    asked.push(request.headers.authorization);
    response.end("{}");
  });
  await new Promise<void>((resolve) => stranger.listen(0, "127.0.0.1", resolve));
  const dataDir = await mkdtemp(path.join(tmpdir(), "agentrun-cli-"));
  try {
    await writeFile(path.join(dataDir, "lock"), `${JSON.stringify({ pid: 1, since: "", address: web.url })}\n`);
    await writeFile(path.join(dataDir, "secrets.json"), JSON.stringify({ adminToken: ADMIN_TOKEN }));
    const env = { AGENTRUN_DATA_DIR: dataDir };
    expect((await type(["identity.me"], { env })).json()).toMatchObject({ role: "admin" });
    const url = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}`;
    await type(["--url", url, "api", "GET", "/me"], { env });
    await type(["api", "GET", "/me"], { env: { ...env, AGENTRUN_URL: url } });
    expect(asked).toEqual([undefined, undefined]);
  } finally {
    stranger.close();
    await rm(dataDir, { recursive: true, force: true });
  }
});

test("filters a list with the console's query language, in any output format", async () => {
  for (const name of ["One", "Two", "Three"])
    await type(["queue.createTask", `title=${name}`, "lane=listed", ...TASK.slice(2)]);
  const whole = await type(["ls", "queue", "lane:listed", "state:pending"]);
  expect(whole.code).toBe(EXIT.ok);
  expect(whole.out[0]).toMatch(/^ID +STATE +PRIORITY +LANE +ADDED +TITLE +WAITS FOR$/);
  expect(whole.out.slice(1).map((line) => /default\/listed/.test(line))).toEqual([true, true, true]);
  const lines = await type(["ls", "queue", "lane:listed", "--ndjson", "--limit", "2"]);
  expect(lines.out.map((line) => (JSON.parse(line) as { lane: string }).lane)).toEqual(["listed", "listed"]);
  const all = await type(["ls", "queue", "lane:listed", "--json", "--limit", "all"]);
  expect(all.json()).toMatchObject({ items: [{}, {}, {}], cursor: null });
  const narrow = await type(["ls", "queue", "lane:listed"], { columns: 80 });
  expect(Math.max(...narrow.out.map((line) => line.length))).toBeLessThanOrEqual(100);
  expect((await type(["ls", "queue", "lane:nobody"])).notes).toEqual(["nothing"]);
  await type([
    "queue.createTask",
    "title=Four",
    "lane=listed",
    'metadata:={"ticket":7,"team":"shop"}',
    ...TASK.slice(2),
  ]);
  const found = await type(["ls", "queue", "metadata.ticket:7", "meta.team:shop", "--json"]);
  expect(found.json()).toMatchObject({ items: [{ title: "Four" }], cursor: null });
  expect((await type(["queue.listTasks", "metadata.ticket=7"])).json()).toMatchObject({ items: [{ title: "Four" }] });
  expect((await type(["ls", "queue", "meta.ticket:8"])).notes).toEqual(["nothing"]);
});

test.each(["sessions", "runs", "queue", "approvals", "runners", "storage", "audit"])("lists %s", async (name) => {
  const { sessionId } = await makeSession(web.as(ADMIN).db);
  await makeRun(web.as(ADMIN).db, { sessionId });
  expect(await type(["ls", name])).toMatchObject({ code: EXIT.ok });
});

test("finds sessions by their conversation", async () => {
  const { db } = web.as(ADMIN);
  const { sessionId } = await makeSession(db, { title: "Login" });
  const other = await makeSession(db);
  const run = await makeRun(db, { sessionId });
  await makeMessage(db, run, "The walrus waits\u202e for a timer.");
  await makeMessage(db, await makeRun(db, { sessionId: other.sessionId }), "Another walrus.");
  const whole = await type(["search", "walrus", "wait"], { columns: 120 });
  expect(whole.code).toBe(EXIT.ok);
  expect(whole.out[0]).toMatch(/^SESSION +WHEN +WHO +TITLE +SAID$/);
  expect(whole.out.slice(1)).toEqual([
    expect.stringMatching(/agent +Login +The walrus waits\\u\{202e\} for a timer\.$/),
  ]);
  const first = await type(["search", "walrus", "--limit", "1", "--json"]);
  expect(first.json()).toMatchObject({ items: [{ sessionId: other.sessionId, who: "agent" }] });
  const lines = await type(["search", "walrus", "--session", sessionId, "--ndjson"]);
  expect(lines.out.map((line) => JSON.parse(line))).toMatchObject([{ sessionId, runId: run.id, seq: 1 }]);
  expect((await type(["search", "walrus", "--project", "elsewhere"])).notes).toEqual([
    "no message contains all of these words",
  ]);
  expect((await type(["search"])).code).toBe(EXIT.usage);
  expect((await type(["search", "walrus", "--limit", "0"])).code).toBe(EXIT.usage);
});

test("text of an agent cannot control the terminal", async () => {
  const { sessionId } = await makeSession(web.as(ADMIN).db);
  const run = await makeRun(web.as(ADMIN).db, { sessionId, status: "claimed", leaseEpoch: 1 });
  const text = "\u001b[2J\u001b]0;title\u0007safe\rover\u202egnp\u0000.";
  await web.call("POST", `/api/v1/runs/${run.id}/events`, {
    body: { leaseEpoch: 1, events: [{ type: "assistant_message", payload: { text } }] },
  });
  await web.call("PATCH", `/api/v1/sessions/${sessionId}`, { body: { title: text } });
  const shown = [
    ...(await type(["logs", run.id])).out,
    ...(await type(["ls", "sessions"], { columns: 200 })).out,
    ...(await type(["sessions.get", `sessionId=${sessionId}`], { columns: 200 })).out,
  ].join("\n");
  expect(shown).toContain("safe\\rover\\u{202e}gnp");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what it looks for.
  expect(shown).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
});

test("prints a run's log whole and follows it to its end, also over a server restart", async () => {
  const { sessionId } = await makeSession(web.as(ADMIN).db);
  const { id: runId } = await makeRun(web.as(ADMIN).db, { sessionId, status: "claimed", leaseEpoch: 1 });
  const say = (text: string) => ({ type: "assistant_message", payload: { text } });
  const append = (server: TestWeb, ...texts: string[]) =>
    server.call("POST", `/api/v1/runs/${runId}/events`, { body: { leaseEpoch: 1, events: texts.map(say) } });
  await append(web, "one", "two");
  expect((await type(["logs", sessionId])).out).toEqual(["one", "two"]);
  expect((await type(["logs", runId, "--after", "1"])).out).toEqual(["two"]);

  const first = await startTestWeb(database);
  const out: string[] = [];
  const followed = type(["logs", runId, "--follow"], {
    env: { AGENTRUN_URL: first.url, AGENTRUN_TOKEN: ADMIN_TOKEN },
    out: (line) => void out.push(line),
  });
  await expect.poll(() => out).toEqual(["one", "two"]);
  await first[Symbol.asyncDispose]();
  await append(web, "three");
  await using second = await startTestWeb(database, { port: first.port });
  await append(second, "four");
  await expect.poll(() => out, { timeout: 15_000 }).toEqual(["one", "two", "three", "four"]);
  await second.call("POST", `/api/v1/runs/${runId}/finish`, {
    body: { leaseEpoch: 1, terminalStatus: "failed", failureKind: "backend-failed" },
  });
  expect((await followed).code).toBe(EXIT.failed);
  expect(out.at(-1)).toBe("— run failed (backend-failed)");
});

test("a message starts a session, continues one, and reports how its turn ended", async () => {
  const detached = await type(["run", "mend the roof", "--profile", "codex", "--detach", "--json"]);
  const { sessionId, runId, commandId } = detached.json();
  const again = await type(["run", "and the door", "--session", String(sessionId), "--detach", "--json"]);
  expect(again.json()).toMatchObject({ sessionId, runId });
  expect(again.json().commandId).not.toBe(commandId);
  const other = await type(["run", "x", "--session", String(sessionId), "--profile", "demo"]);
  expect([other.code, other.notes.at(-1)]).toEqual([EXIT.usage, "  try: leave out --profile"]);

  // No runner takes the run: it is cancelled while it is being watched.
  const interrupts: (() => void)[] = [];
  const notes: string[] = [];
  const watched = type(["run", "and the window", "--session", String(sessionId)], {
    note: (line) => void notes.push(line),
    onInterrupt: (listener) => void interrupts.push(listener),
  });
  await expect.poll(() => notes).toEqual([`session ${String(sessionId)}`]);
  await web.call("POST", `/api/v1/runs/${String(runId)}/cancel`, { body: {} });
  expect((await watched).code).toBe(EXIT.cancelled);
});

test("with a schema, stdout has only the turn's output, and progress goes to stderr", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "agentrun-cli-"));
  const file = path.join(folder, "schema.json");
  const schema = { type: "object", properties: { tiles: { type: "integer" } } };
  await writeFile(file, JSON.stringify(schema));
  /** Asks for a count of tiles, and returns how the command ended once a runner has answered. */
  const count = async (finish: Record<string, unknown>, form: string[] = []) => {
    const notes: string[] = [];
    const words = ["run", "count", "--profile", "codex", "--schema", file, ...form];
    const asked = type(words, { note: (line) => void notes.push(line) });
    await expect.poll(() => notes[0]).toMatch(/^session /);
    const sessionId = notes[0]?.split(" ")[1];
    const { items } = (await type(["runs.list", `sessionId=${sessionId}`])).json() as { items: [{ id: string }] };
    const [{ id: runId }] = items;
    const listed = (await type(["commands.list", `runId=${runId}`])).json() as {
      items: [{ id: string; payload: unknown }];
    };
    expect(listed.items[0].payload).toEqual({ text: "count", outputSchema: schema });
    const event = { type: "assistant_message", payload: { text: "I count." } };
    const claim = { runnerId: "r1" };
    const call = async (path: string, body: unknown) => {
      const answer = await web.call("POST", `/api/v1${path}`, { body });
      expect(answer.status, JSON.stringify(answer.body)).toBe(200);
      return answer.body as { leaseEpoch: number };
    };
    const { leaseEpoch } = await call(`/runs/${runId}/claim`, claim);
    await call(`/runs/${runId}/events`, { leaseEpoch, events: [event] });
    await call(`/commands/${listed.items[0].id}/finish`, { leaseEpoch, ...finish });
    return { ...(await asked), notes };
  };
  const output = { tiles: 3 };
  const ended = await count({ terminalStatus: "completed", output });
  expect([ended.code, ended.json()]).toEqual([EXIT.ok, output]);
  expect(ended.notes).toContain("I count.");
  const line = await count({ terminalStatus: "completed", output }, ["--ndjson"]);
  expect([line.code, line.out]).toEqual([EXIT.ok, ['{"tiles":3}']]);
  // A runner of the previous release has ended it.
  const none = await count({ terminalStatus: "completed" });
  expect([none.code, none.out, none.notes.at(-1)]).toEqual([
    EXIT.failed,
    [],
    "its turn is completed, and has no output",
  ]);
  const failed = await count({ terminalStatus: "failed", failureKind: "backend-failed", failureMessage: "no JSON" });
  expect([failed.code, failed.out]).toEqual([EXIT.failed, []]);
  expect(failed.notes.at(-1)).toContain("no JSON");
  await rm(folder, { recursive: true });
});

test("of several approvals one is asked about at a time, and none that was decided elsewhere", async () => {
  const detached = await type(["run", "tidy up", "--profile", "codex", "--detach", "--json"]);
  const { sessionId, runId } = detached.json();
  const call = async (path: string, body: object) => {
    const answer = await web.call("POST", `/api/v1${path}`, { body });
    expect(answer.status, JSON.stringify(answer.body)).toBe(200);
    return answer.body as { id: string; leaseEpoch: number };
  };
  const { leaseEpoch } = await call(`/runs/${runId}/claim`, { runnerId: "r1" });
  const request = (command: string) =>
    call(`/runs/${runId}/approvals`, { leaseEpoch, requestKey: command, kind: "command", command });
  const questions: { answer: (text: string) => void; signal: AbortSignal }[] = [];
  const notes: string[] = [];
  const watched = type(["run", "go on", "--session", String(sessionId)], {
    note: (line) => void notes.push(line),
    ask: (_, signal) =>
      new Promise((resolve) => {
        questions.push({ answer: resolve, signal });
        signal.addEventListener("abort", () => resolve(null));
      }),
  });
  await expect.poll(() => notes).toEqual([`session ${String(sessionId)}`]);
  const [first, second, third, fourth] = [
    await request("rm -r one"),
    await request("rm -r two"),
    await request("rm -r three"),
    await request("rm -r four"),
  ];
  const statusOf = async ({ id }: { id: string }) =>
    (await type(["approvals.get", `approvalId=${id}`])).json().decision;
  await expect.poll(() => questions.length).toBe(1);
  // While the first is asked about, the third is decided in the console.
  await call(`/approvals/${third.id}/decide`, { decision: "decline" });
  questions[0]?.answer("y");
  await expect.poll(() => questions.length).toBe(2);
  expect([await statusOf(first), await statusOf(second)]).toEqual(["accept", null]);
  // What is asked about is said again, because the others have come after it.
  expect(notes.join("\n")).toContain("rm -r two");
  await call(`/approvals/${second.id}/decide`, { decision: "decline" });
  await expect.poll(() => questions.length).toBe(3);
  expect(questions[1]?.signal.aborted).toBe(true);
  expect(notes.join("\n")).not.toContain("rm -r three");
  questions[2]?.answer("n");
  await expect.poll(() => statusOf(fourth)).toBe("decline");
  await call(`/runs/${runId}/cancel`, {});
  await call(`/runs/${runId}/finish`, { leaseEpoch, terminalStatus: "cancelled" });
  expect((await watched).code).toBe(EXIT.cancelled);
});

test("a message shows the images of files, each uploaded once, and none is made for what is no image", async () => {
  const folder = await mkdtemp(path.join(tmpdir(), "agentrun-cli-"));
  const files = ["a.png", "b.png", "c.svg"].map((name) => path.join(folder, name));
  const [first = "", second = "", svg = ""] = files;
  await writeFile(first, pngOf(12, 8));
  await writeFile(second, pngOf(20, 10));
  await writeFile(svg, "<svg/>");
  const sessions = async () => (await web.call("GET", "/api/v1/sessions?state=all&limit=200")).body as { items: [] };
  const before = (await sessions()).items.length;
  for (const [words, said] of [
    [["--image", svg], /c\.svg: this is no image that is taken: send one of PNG, JPEG, GIF and WebP$/],
    [["--image", `${folder}/none.png`], /none\.png cannot be read: ENOENT/],
    [Array.from({ length: 11 }, () => ["--image", first]).flat(), /10 images at most, not 11$/],
  ] as const) {
    const { code, notes } = await type(["run", "look", ...words]);
    expect([code, notes[0]]).toEqual([EXIT.usage, expect.stringMatching(said)]);
  }
  expect((await sessions()).items).toHaveLength(before);
  const shown = ["--image", first, "--image", second, "--image", first];
  const { sessionId, runId } = (
    await type(["run", "look", "--profile", "codex", ...shown, "--detach", "--json"])
  ).json();
  const { items } = (await web.call("GET", `/api/v1/sessions/${String(sessionId)}/attachments`)).body as {
    items: { id: string; name: string }[];
  };
  expect(items.map(({ name }) => name)).toEqual(["a.png", "b.png"]);
  const commands = (await web.call("GET", `/api/v1/runs/${String(runId)}/commands`)).body;
  expect(commands).toMatchObject({ items: [{ payload: { text: "look", attachments: items.map(({ id }) => id) } }] });
  await rm(folder, { recursive: true });
});

test("help explains commands offline, and procedures as the server documents them", async () => {
  const general = await type(["--help"], { env: {} });
  expect([general.code, general.notes]).toEqual([EXIT.ok, []]);
  expect(general.out.join("\n")).toContain("Usage: agentrun COMMAND");
  expect((await type(["ls", "--help"], { env: {} })).out.join("\n")).toContain("--limit N");
  expect((await type(["--version"], { env: {} })).out).toEqual(["1.2.3"]);
  const one = (await type(["help", "queue.createTask"])).out.join("\n");
  expect(one).toContain("queue.createTask: Add a task");
  expect(one).toMatch(/^ {2}title=string$/m);
  expect(one).toMatch(/^ {2}priority=integer {3}may be left out$/m);
  const all = (await type(["help", "--all"])).out.join("\n");
  for (const name of ["runs.create", "events.watch", "storage.gc"]) expect(all).toContain(name);
});

test("top prints one snapshot when its output is not a terminal", async () => {
  const { code, out } = await type(["top"]);
  expect([code, out[0]]).toEqual([EXIT.ok, expect.stringMatching(/^all queues {2}\d+ wait, \d+ run, \d+ failed/)]);
  expect((await type(["top", "--json"])).json()).toMatchObject({ queue: null, stats: {} });
});

test("sign-in prints a link that signs a browser in once", async () => {
  const { code, out } = await type(["sign-in"]);
  expect([code, out]).toEqual([EXIT.ok, [expect.stringMatching(`^${web.url}/sign-in#link=ard_[\\w-]{43}$`)]]);
  const token = new URL(out[0] ?? "").hash.slice("#link=".length);
  const opened = await web.call("POST", "/api/auth/sign-in", { token: null, body: { token } });
  expect(opened.headers.get("set-cookie")).toMatch(/^agentrun_operator=/);
  expect((await type(["sign-in", "--json"])).json()).toMatchObject({ expiresAt: expect.any(String) });
  expect((await type(["sign-in", "me"])).code).toBe(EXIT.usage);
});

test("open prints an id's page in the console", async () => {
  expect((await type(["open", "ses_1"])).out).toEqual([`${web.url}/r/ses_1`]);
});

test("lists and fetches the files that a session's agent left", async () => {
  const ctx = web.as(ADMIN);
  const sessionId = await makeStoredSession(ctx);
  const held = await claimSession(ctx, sessionId);
  await runTurn(ctx, held, { sessionId, note: "kept" });
  const src = path.join(folderOf(ctx, sessionId), "workspace", "src");
  await mkdir(src);
  await writeFile(path.join(src, "a\u202eb.sh"), "echo\n", { mode: 0o755 });
  expect((await type(["files", sessionId])).notes).toEqual(["no turn has been archived yet: there are no files"]);
  await archive(ctx, held, sessionId);
  const listed = await type(["files", sessionId]);
  expect(listed.out.map((line) => line.trim().split(/ {2,}/))).toEqual([
    ["SIZE", "FILES", "NAME"],
    ["5 B", "1", "src/"],
    ["4 B", "note.txt"],
  ]);
  expect(listed.notes).toEqual([expect.stringMatching(/^archived (now|\d+ s ago)$/)]);
  expect((await type(["files", sessionId, "src"])).out[1]).toMatch(/^5 B +a\\u\{202e\}b\.sh\*$/);
  expect((await type(["files", sessionId, "src", "--ndjson"])).json()).toMatchObject({ path: "src/a\u202eb.sh" });
  expect((await type(["files", sessionId, "absent"])).code).toBe(EXIT.notFound);
  expect((await type(["files"])).code).toBe(EXIT.usage);

  const piped = await type(["download", sessionId, "note.txt", "--output", "-"]);
  expect([piped.code, piped.bytes.toString(), piped.out]).toEqual([EXIT.ok, "kept", []]);
  const dir = await mkdtemp(path.join(tmpdir(), "agentrun-download-"));
  try {
    const target = path.join(dir, "all.tar.gz");
    const fetched = await type(["download", sessionId, "-o", target]);
    expect([fetched.code, fetched.notes]).toEqual([EXIT.ok, [expect.stringContaining(`wrote ${target}, `)]]);
    expect(execFileSync("tar", ["xzOf", target, `${sessionId}/note.txt`], { encoding: "utf8" })).toBe("kept");
    const again = await type(["download", sessionId, "-o", target]);
    expect([again.code, again.notes[0]]).toEqual([EXIT.usage, `agentrun: ${target} is there already`]);
    const absent = path.join(dir, "absent");
    const missing = await type(["download", sessionId, "absent", "-o", absent]);
    expect([missing.code, missing.notes[0]]).toEqual([
      EXIT.notFound,
      expect.stringContaining(`there is no file absent in session ${sessionId}`),
    ]);
    await expect(readFile(absent)).rejects.toThrow("ENOENT");
  } finally {
    await rm(dir, { recursive: true });
  }
  expect((await type(["download", sessionId, "note.txt", "-o", "-"], { columns: 80 })).code).toBe(EXIT.usage);
});

test("prints what turns changed as bytes for git, and without its escape sequences on a terminal", async () => {
  const ctx = web.as(ADMIN);
  const sessionId = "ses_diff";
  const { id: runId } = await createRun(ctx, { backendProfile: "codex", sessionRef: { sessionId } });
  const { leaseEpoch } = await claimRun(ctx, { runId, runnerId: "runner_diff" });
  const changes = [{ path: "a.txt", kind: "add", diff: "\u001b[2Jone\n" }];
  const payload = { turnId: "t1", itemId: "i1", status: "completed", changes };
  await appendEvents(ctx, { runId, leaseEpoch, events: [{ type: "file_change", payload }] });

  const piped = await type(["diff", sessionId]);
  expect([piped.code, piped.out, piped.notes]).toEqual([EXIT.ok, [], []]);
  expect(piped.bytes.toString()).toContain("+++ b/a.txt\n@@ -0,0 +1,1 @@\n+\u001b[2Jone\n");
  const shown = await type(["diff", sessionId, "--run", runId, "--turn", "t1"], { columns: 80 });
  expect([shown.code, shown.bytes.length, shown.out.at(-1)]).toEqual([EXIT.ok, 0, "+one"]);
  expect((await type(["diff", sessionId, "--turn", "t2"])).notes).toEqual(["no turn changed a file by a patch"]);

  const cut = [{ path: "b.txt", kind: "add", diff: `x\n${cutMark(9)}\ny` }];
  const event = { type: "file_change" as const, payload: { ...payload, turnId: "t3", changes: cut } };
  await appendEvents(ctx, { runId, leaseEpoch, events: [event] });
  const lacking = await type(["diff", sessionId]);
  expect([lacking.code, lacking.notes]).toEqual([EXIT.failed, ["Left out, too long to be stored: b.txt"]]);
  expect((await type(["diff"])).code).toBe(EXIT.usage);
  expect((await type(["diff", "ses_none"])).code).toBe(EXIT.notFound);
});
