import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { AppendEventsInput } from "@/contract/event";
import { cutMark } from "@/contract/file-changes";
import { createTestDatabase, type TestDatabase } from "@/db/test/database";
import type { ServiceContext } from "@/server/context";
import { appendEvents } from "@/server/events";
import { claimRun, createRun, finishRun } from "@/server/runs";
import { ADMIN } from "@/server/test/context";
import { ADMIN_TOKEN, startTestWeb, type TestWeb } from "@/server/test/web";

let database: TestDatabase;
let web: TestWeb;
let ctx: ServiceContext;

beforeAll(async () => {
  database = await createTestDatabase();
  web = await startTestWeb(database);
  ctx = web.as(ADMIN);
});
afterAll(async () => {
  await web[Symbol.asyncDispose]();
  await database[Symbol.asyncDispose]();
});

type Event = AppendEventsInput["events"][number];
type Change = { path: string; kind: string; diff: string; movedTo?: string };

const asked = (turnId: string, text: string): Event => ({ type: "user_message", payload: { turnId, text } });
const changed = (turnId: string, itemId: string, changes: Change[], status = "completed"): Event => ({
  type: "file_change",
  payload: { turnId, itemId, status, changes },
});
const diffOf = (turnId: string, diff: string): Event => ({ type: "diff", payload: { turnId, diff } });

/** Stores a run of a session with some events, and ends it; returns its id. */
async function makeRun(sessionId: string, events: Event[]): Promise<string> {
  const { id: runId } = await createRun(ctx, { backendProfile: "codex", sessionRef: { sessionId } });
  const { leaseEpoch } = await claimRun(ctx, { runId, runnerId: "runner_patch" });
  await appendEvents(ctx, { runId, leaseEpoch, events });
  await finishRun(ctx, { runId, leaseEpoch, terminalStatus: "completed" });
  return runId;
}

async function download(sessionId: string, query = ""): Promise<Response> {
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
  return fetch(`${web.url}/api/v1/sessions/${sessionId}/patch${query}`, { headers });
}

/** Commits some files and applies a mailbox to them; returns what is there then, and the subjects of its commits. */
function am(files: Record<string, string>, mailbox: string): { files: Record<string, string>; subjects: string[] } {
  const root = mkdtempSync(path.join(tmpdir(), "agentrun-am-"));
  // What does not read its input may have ended before it is written.
  const git = (args: string[], input = "") =>
    execFileSync("git", ["-c", "user.name=Test", "-c", "user.email=test@localhost", ...args], {
      ...{ cwd: root, encoding: "utf8", stdio: ["pipe", "pipe", "pipe"] },
      ...(input === "" ? {} : { input }),
    });
  try {
    git(["init", "-q"]);
    for (const [name, content] of Object.entries(files)) writeFileSync(path.join(root, name), content);
    git(["add", "-A"]);
    git(["commit", "-qm", "before", "--allow-empty"]);
    git(["am", "-q", "--keep-cr"], mailbox);
    const names = readdirSync(root).filter((name) => name !== ".git");
    return {
      files: Object.fromEntries(names.map((name) => [name, readFileSync(path.join(root, name), "utf8")])),
      subjects: git(["log", "--reverse", "--format=%s"]).trim().split("\n").slice(1),
    };
  } finally {
    rmSync(root, { recursive: true });
  }
}

test("git am commits what each turn of a session changed, whatever became of its files", {
  timeout: 60_000,
}, async () => {
  const sessionId = "ses_patches";
  const first = await makeRun(sessionId, [
    asked("t1", "Write a file\nthat greets"),
    changed("t1", "i1", [{ path: "a.txt", kind: "add", diff: "one\r\n" }], "inProgress"),
    changed("t1", "i1", [{ path: "a.txt", kind: "add", diff: "one\r\n" }]),
    diffOf(
      "t1",
      "diff --git a/ws/a.txt b/ws/a.txt\nnew file mode 100644\n--- /dev/null\n+++ b/ws/a.txt\n@@ -0,0 +1 @@\n+one\r\n",
    ),
    asked("t2", "From now on\u2028move it"),
    changed("t2", "i2", [{ path: "a.txt", kind: "update", diff: "@@ -1,1 +1,2 @@\n one\r\n+two\n", movedTo: "b.txt" }]),
    changed("t2", "i3", [{ path: "b.txt", kind: "update", diff: "@@ -1,2 +1,2 @@\n-one\r\n two\n+three\n" }]),
    changed("t2", "i4", [{ path: "never.txt", kind: "add", diff: "no\n" }], "declined"),
  ]);
  const second = await makeRun(sessionId, [
    changed("t3", "i5", [
      { path: "old.txt", kind: "update", diff: "@@ -1,1 +1,1 @@\n-a\n+b\n" },
      { path: "huge.txt", kind: "add", diff: `x\n${cutMark(900_000)}\ny` },
    ]),
    diffOf("t3", `x\n${cutMark(900_000)}\ny`),
    asked("t4", "delete it"),
    diffOf(
      "t4",
      "diff --git a/old.txt b/old.txt\ndeleted file mode 100644\n--- a/old.txt\n+++ /dev/null\n@@ -1 +0,0 @@\n-b\n",
    ),
  ]);

  const answer = await download(sessionId);
  expect(answer.status).toBe(200);
  expect(answer.headers.get("content-type")).toBe("text/x-diff; charset=utf-8");
  expect(answer.headers.get("content-disposition")).toContain(`${sessionId}.patch`);
  const mailbox = await answer.text();
  expect(am({ "old.txt": "a\n" }, mailbox)).toEqual({
    files: { "b.txt": "two\nthree\n" },
    subjects: [
      ...["Write a file that greets", "From now on move it (1 of 2)", "From now on move it (2 of 2)"],
      ...["Turn t3", "delete it"],
    ],
  });
  expect(mailbox).toContain(`Turn t3 of run ${second}.\nLeft out, too long to be stored: huge.txt\n---\n`);

  const subjectsOf = async (query: string) =>
    [...(await (await download(sessionId, query)).text()).matchAll(/^Subject: \[PATCH\] (.*)$/gm)].map(
      ([, line]) => line,
    );
  expect(await subjectsOf(`?runId=${first}`)).toHaveLength(3);
  expect(await subjectsOf(`?runId=${second}`)).toEqual(["Turn t3", "delete it"]);
  expect(await subjectsOf("?turnId=t4")).toEqual(["delete it"]);
});

test("names what was left out where nothing else is left, and is empty where nothing was changed", async () => {
  await makeRun("ses_left_out", [
    changed("t1", "i1", [{ path: "two\nlines", kind: "add", diff: `x\n${cutMark(1)}\ny` }]),
  ]);
  expect(await (await download("ses_left_out")).text()).toBe("# Left out, too long to be stored: two lines\n");
  await makeRun("ses_unchanged", [asked("t1", "only talk")]);
  expect(await (await download("ses_unchanged")).text()).toBe("");
});

test("refuses what is not there, another session's run, and other methods", async () => {
  await makeRun("ses_mine", []);
  const other = await makeRun("ses_other", []);
  expect((await download("ses_none")).status).toBe(404);
  expect((await download("ses_mine", `?runId=${other}`)).status).toBe(404);
  expect((await download("ses_mine", "?runs=all")).status).toBe(400);
  const posted = await web.call("POST", "/api/v1/sessions/ses_mine/patch");
  expect(posted.status).toBe(405);
});
