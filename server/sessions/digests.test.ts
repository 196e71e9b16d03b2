import { randomBytes } from "node:crypto";
import { eq } from "drizzle-orm";
import { expect, test } from "vitest";
import { DigestSessionsInput } from "@/contract/session";
import type { EventType } from "@/contract/words";
import { storeModelCalls } from "@/db/queries/usage/store-model-calls";
import { events, runs, sessions } from "@/db/schema";
import { createTestDatabase } from "@/db/test/database";
import { makeModelCall, makeRun, makeSession, unique } from "@/db/test/factories";
import { type TestContext, tenantOperator, testContext } from "@/server/test/context";
import { deleteSession, digestSessions } from ".";

type Said = [type: EventType, payload: Record<string, unknown>];

/** Makes a session with a run, active unless another state is given, that has these events. */
async function saidIn({ database: { db } }: TestContext, said: readonly Said[], tenantId = "default") {
  const { sessionId } = await makeSession(db, { tenantId });
  const run = await makeRun(db, { sessionId, tenantId });
  await db.update(sessions).set({ activeRunId: run.id }).where(eq(sessions.sessionId, sessionId));
  const rows = said.map(([type, payload], index) => ({
    type,
    payload,
    runId: run.id,
    seq: index + 1,
    id: unique("ev"),
  }));
  if (rows.length > 0) await db.insert(events).values(rows);
  return { sessionId, run };
}

async function lastIn(ctx: TestContext, ...said: Said[]) {
  const { sessionId } = await saidIn(ctx, said);
  const [digest] = (await digestSessions(ctx, { sessionIds: [sessionId] })).items;
  return digest?.lastEvent ?? null;
}
const textIn = async (ctx: TestContext, ...said: Said[]) => (await lastIn(ctx, ...said))?.text ?? null;

test("shows the newest event with text in one line, each kind as a terminal would show it", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const command = "bash -lc 'npm test'";
  const lines: [Said, string][] = [
    [["user_message", { text: "fix\nthe build" }], "> fix the build"],
    [["assistant_message", { text: "\n\nFirst line.\n\n- and a list" }], "First line. - and a list"],
    [["assistant_message", { message: "of an old row" }], "of an old row"],
    [["command_execution", { command, status: "inProgress" }], "$ npm test"],
    [["command_execution", { command, status: "failed", exitCode: 2 }], "$ npm test · exit 2"],
    [["command_execution", { command: ["git", "log"], exitCode: 0 }], "$ git log · exit 0"],
    [["command_output", { text: "one\r\n\u001b[31mtwo\u001b[0m words\n\n \n" }], "two words"],
    [["command_output", { text: `${"x".repeat(100_000)}\nthe end` }], "the end"],
    [["tool_call", { tool: "search", arguments: {} }], "search"],
    [["tool_output", { output: "3 found" }], "3 found"],
    [["file_change", { changes: [{ path: "a.ts", kind: "add", diff: "+" }] }], "add a.ts"],
    [["file_change", { changes: [{ path: "a.ts", kind: "update" }, { path: "b.ts" }] }], "update a.ts and 1 more"],
    [["approval_request", { kind: "command", command: "rm -rf /tmp/x" }], "? rm -rf /tmp/x (pending)"],
    [["approval_request", { kind: "file_change" }], "? file_change (pending)"],
    [["approval_decision", { decision: "deny" }], "? approval (deny)"],
    [["warning", { message: "commands refused" }], "commands refused"],
    [["error", { message: "no such model" }], "no such model"],
    [["terminal_status", { terminalStatus: "failed", message: "its agent broke" }], "failed: its agent broke"],
    [["terminal_status", { terminalStatus: "cancelled" }], "cancelled"],
  ];
  for (const [said, text] of lines) {
    const before: Said = ["assistant_message", { text: "before" }];
    expect(await lastIn(ctx, before, said, ["token_usage", { totalTokens: 5 }])).toMatchObject({
      ...{ type: said[0], seq: 2, text },
    });
  }
});

test("skips events without text, and a run's completion hides no earlier message", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const said: Said = ["assistant_message", { text: "All done." }];
  for (const silent of [
    ["terminal_status", { terminalStatus: "completed" }],
    ["backend_status", { phase: "turn-completed" }],
    ["token_usage", { inputTokens: 5 }],
    ["diff", { diff: "+a" }],
    ["reasoning", { text: "hm" }],
    ["assistant_message", { text: " \n " }],
    ["assistant_message", { text: { not: "a text" } }],
    ["assistant_message", {}],
    ["command_output", { text: "\u001b[2K\u001b[1G" }],
    ["command_execution", { command: "" }],
    ["file_change", { changes: [] }],
    ["file_change", { changes: "many" }],
  ] satisfies Said[])
    expect([silent, await textIn(ctx, said, silent as Said)]).toEqual([silent, "All done."]);
  expect(await lastIn(ctx)).toBeNull();
  expect(await lastIn(ctx, ["token_usage", {}])).toBeNull();
});

test("a session shows its active run, or its last one", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { db } = ctx.database;
  const { sessionId, run } = await saidIn(ctx, [["assistant_message", { text: "of the first" }]]);
  const next = await makeRun(db, { sessionId });
  await db
    .insert(events)
    .values({ id: unique("ev"), runId: next.id, seq: 1, type: "error", payload: { text: "later" } });
  const digest = async () => (await digestSessions(ctx, { sessionIds: [sessionId, sessionId] })).items;
  await db.update(sessions).set({ lastRunId: next.id }).where(eq(sessions.sessionId, sessionId));
  expect(await digest()).toMatchObject([{ lastEvent: { runId: run.id, text: "of the first" } }]);
  await db.update(sessions).set({ activeRunId: null }).where(eq(sessions.sessionId, sessionId));
  expect(await digest()).toMatchObject([{ lastEvent: { runId: next.id, text: "later", type: "error" } }]);
});

test("reads only the newest few events, and few of the long ones", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const said: Said = ["assistant_message", { text: "long ago" }];
  const silent = (count: number): Said[] => Array.from({ length: count }, () => ["backend_status", { phase: "x" }]);
  expect(await textIn(ctx, said, ...silent(63))).toBe("long ago");
  expect(await textIn(ctx, said, ...silent(64))).toBeNull();
  const blank = (text: string): Said => ["assistant_message", { text }];
  expect(await textIn(ctx, said, ...Array.from({ length: 7 }, () => blank(" ")))).toBe("long ago");
  expect(await textIn(ctx, said, ...Array.from({ length: 8 }, () => blank(" ")))).toBeNull();
  // Of events that PostgreSQL cannot compress, one is read and none after it.
  const noise = () => randomBytes(150_000).toString("base64");
  const long = (text: string): Said => ["assistant_message", { noise: noise(), text }];
  expect(await textIn(ctx, said, long("of a long one"))).toBe("of a long one");
  expect(await textIn(ctx, said, long(" "))).toBeNull();
});

test("truncates and cleans any text", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const emoji = await textIn(ctx, ["assistant_message", { text: "\u{1f600}".repeat(5_000) }]);
  expect(emoji).toBe(`${"\u{1f600}".repeat(199)}…`);
  expect(
    await textIn(ctx, [
      "assistant_message",
      { text: "a\u0007b\u0085c\u001b]0;title\u0007d\u001b[1me\tf\u0000".replaceAll("\u0000", "") },
    ]),
  ).toBe("abcde f");
  // Direction marks are for the reader to escape: a program may want them.
  expect(await textIn(ctx, ["error", { message: "\u202eevil<script>" }])).toBe("\u202eevil<script>");
  expect(
    await textIn(ctx, ["command_execution", { command: `echo ${"'; drop table x; --".repeat(100)}` }]),
  ).toHaveLength(200);
  expect(await textIn(ctx, ["command_execution", { command: "x", exitCode: "not a number" }])).toBe("$ x");
  expect(await textIn(ctx, ["approval_request", { kind: 7, command: [{}, 1], changes: { path: "x" } }])).toBe(
    "? {} 1 (pending)",
  );
});

test("sums the tokens of all of a session's calls, including those of removed runs", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { sessionId, run } = await saidIn(ctx, []);
  const other = await saidIn(ctx, []);
  const gone = await makeRun(ctx.database.db, { sessionId });
  const uncounted = {
    inputTokens: null,
    outputTokens: null,
    costMicros: null,
    currency: null,
    outcome: "failed",
  } as const;
  await storeModelCalls(ctx.pool, [
    ...[
      makeModelCall(run),
      makeModelCall(run, { currency: "EUR", costMicros: 3 }),
      makeModelCall(gone),
      makeModelCall(run, uncounted),
    ],
  ]);
  await ctx.database.db.delete(runs).where(eq(runs.id, gone.id));
  const { items } = await digestSessions(ctx, { sessionIds: [other.sessionId, sessionId, "ses_none"] });
  expect(items.map((digest) => digest.sessionId)).toEqual([sessionId, other.sessionId].sort());
  expect(items.find((digest) => digest.sessionId === sessionId)?.tokens).toEqual({
    ...{ calls: 4, inputTokens: 300, cachedInputTokens: 160, outputTokens: 30, reasoningTokens: 16 },
    ...{ uncountedCalls: 1, unpricedCalls: 0 },
    costs: [
      { currency: "EUR", costMicros: 3 },
      { currency: "USD", costMicros: 14 },
    ],
  });
  expect(items.find((digest) => digest.sessionId === other.sessionId)?.tokens).toMatchObject({ calls: 0, costs: [] });
});

test("leaves out other tenants' and deleted sessions, and accepts at most 200", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const said: Said[] = [["assistant_message", { text: "a secret" }]];
  const [own, theirs] = [await saidIn(ctx, said, "acme"), await saidIn(ctx, said, "theirs")];
  const sessionIds = [own.sessionId, theirs.sessionId];
  const seen = async (as = ctx.as(tenantOperator("acme"))) =>
    (await digestSessions(as, { sessionIds })).items.map(({ sessionId }) => sessionId);
  expect(await seen()).toEqual([own.sessionId]);
  expect(await seen(ctx)).toEqual(sessionIds.toSorted());
  await ctx.database.db.update(runs).set({ status: "completed" }).where(eq(runs.id, own.run.id));
  await deleteSession(ctx, { sessionId: own.sessionId });
  expect(await seen()).toEqual([]);
  const ids = (count: number) => Array.from({ length: count }, (_, n) => `ses_${n}`);
  expect(DigestSessionsInput.safeParse({ sessionIds: ids(200) }).success).toBe(true);
  expect(DigestSessionsInput.safeParse({ sessionIds: ids(201) }).success).toBe(false);
  expect(DigestSessionsInput.safeParse({ sessionIds: [] }).success).toBe(false);
});
