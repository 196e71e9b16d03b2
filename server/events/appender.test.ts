import { expect, test } from "vitest";
import { PAYLOAD_MAX_BYTES } from "@/contract/json";
import { connect } from "@/db/client";
import { createTestDatabase } from "@/db/test/database";
import { makeRun } from "@/db/test/factories";
import { claimRun, finishRun, getRun } from "@/server/runs";
import { testContext } from "@/server/test/context";
import { appendEvents, EventAppender, listEvents } from ".";

const note = (text: string) => ({ type: "warning" as const, payload: { message: text } });

test("numbers a run's events without a gap under concurrent appends", async () => {
  await using database = await createTestDatabase();
  await using first = testContext(database);
  await using second = testContext(database);
  const all = await Promise.all(Array.from({ length: 8 }, () => makeRun(first.database.db)));
  const writes = Array.from({ length: 400 }, (_, index) => {
    const run = all[index % all.length];
    if (!run) throw new Error("no run");
    return appendEvents(index % 2 ? first : second, { runId: run.id, events: [note(`${index}`), note(`${index}b`)] });
  });
  const answers = await Promise.all(writes);
  for (const run of all) {
    const { items, lastSeq } = await listEvents(first, { runId: run.id, afterSeq: 0, limit: 500 });
    expect(items.map((event) => event.seq)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
    expect(lastSeq).toBe(100);
  }
  for (const answer of answers) expect(answer.items[1]?.seq).toBe((answer.items[0]?.seq ?? 0) + 1);
});

test("stores a batch once when two processes send it many times at once", async () => {
  await using database = await createTestDatabase();
  await using first = testContext(database);
  await using second = testContext(database);
  const { id: runId } = await makeRun(first.database.db);
  for (let round = 0; round < 20; round += 1) {
    const batch = { runId, batchId: `batch-${round}`, events: [note("a"), note("b")] };
    const answers = await Promise.all([first, second, first, second, first].map((ctx) => appendEvents(ctx, batch)));
    expect(new Set(answers.map((answer) => JSON.stringify(answer.items))).size).toBe(1);
  }
  const { items } = await listEvents(first, { runId, afterSeq: 0, limit: 500 });
  expect(items).toHaveLength(40);
});

test("numbers flushed batches of many runs without a gap, whoever else writes to the runs", async () => {
  await using database = await createTestDatabase();
  await using first = testContext(database);
  await using second = testContext(database);
  const all = await Promise.all(Array.from({ length: 12 }, () => makeRun(first.database.db)));
  const answered: { id: string; seq: number }[] = [];
  // One append at a time per run and process, as runners do: so a flush holds one batch of each of several runs.
  const writers = all.flatMap((run) =>
    [first, second].map(async (ctx, process) => {
      for (let index = 0; index < 25; index += 1) {
        const batchId = index % 2 === 0 ? undefined : `${process}-${index}`;
        answered.push(...(await appendEvents(ctx, { runId: run.id, batchId, events: [note("a"), note("b")] })).items);
      }
    }),
  );
  await Promise.all(writers);
  const stored: { id: string; seq: number }[] = [];
  for (const run of all) {
    const { items } = await listEvents(first, { runId: run.id, afterSeq: 0, limit: 500 });
    expect(items.map((event) => event.seq)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
    stored.push(...items.map(({ id, seq }) => ({ id, seq })));
  }
  const byId = (left: { id: string }, right: { id: string }) => (left.id < right.id ? -1 : 1);
  expect(answered.sort(byId)).toEqual(stored.sort(byId));
});

test("each batch of a flush gets its own answer, and a locked run delays no other", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  // Shorter than a statement may wait for a lock, so a statement that waits for one fails.
  await using hasty = testContext(database, { deadlineMs: 1_900 });
  const makeClaimed = async () => {
    const { id } = await makeRun(ctx.database.db);
    return { runId: id, leaseEpoch: (await claimRun(ctx, { runId: id, runnerId: "runner_a" })).leaseEpoch };
  };
  const [open, ended, lost, stored, other, locked] = await Promise.all(Array.from({ length: 6 }, makeClaimed));
  if (!open || !ended || !lost || !stored || !other || !locked) throw new Error("no runs");
  await finishRun(ctx, { ...ended, terminalStatus: "failed", failureKind: "backend-failed" });
  const before = await appendEvents(ctx, { ...stored, batchId: "b", events: [note("known")] });
  await appendEvents(ctx, { ...other, batchId: "b", events: [note("known")] });
  const { lastEventSeq: openSeq } = await getRun(ctx, open);
  const holder = await database.connect();
  await holder.query("begin");
  await holder.query("select from agentrun_runs where id = $1 for update", [locked.runId]);

  const waiting = appendEvents(hasty, { ...locked, events: [note("held")] });
  const answers = await Promise.allSettled([
    appendEvents(hasty, { ...open, events: [note("a"), note("b")] }),
    appendEvents(hasty, { ...ended, events: [note("late")] }),
    appendEvents(hasty, { ...lost, leaseEpoch: lost.leaseEpoch + 1, events: [note("stolen")] }),
    appendEvents(hasty, { ...stored, batchId: "b", events: [note("known")] }),
    appendEvents(hasty, { ...other, batchId: "b", events: [note("else")] }),
    appendEvents(hasty, { runId: "run_none", events: [note("nobody's")] }),
  ]);

  expect(
    answers.map((answer) => (answer.status === "fulfilled" ? answer.value.lastSeq : answer.reason.reason)),
  ).toEqual([openSeq + 2, "already-terminal", "lease-lost", before.lastSeq, "batch-conflict", "not-found"]);
  expect(answers[3]).toEqual({ status: "fulfilled", value: before });
  await holder.query("commit");
  expect((await waiting).items).toHaveLength(1);
});

test("refuses a batch id with other content, and accepts a refused batch again", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { id: runId } = await makeRun(ctx.database.db);
  await appendEvents(ctx, { runId, batchId: "b", events: [note("a")] });
  await expect(appendEvents(ctx, { runId, batchId: "b", events: [note("other")] })).rejects.toMatchObject({
    reason: "batch-conflict",
  });
  const refused = { runId, leaseEpoch: 7, batchId: "c", events: [note("c")] };
  await expect(appendEvents(ctx, refused)).rejects.toMatchObject({ reason: "lease-lost" });
  const { leaseEpoch } = await claimRun(ctx, { runId, runnerId: "runner_a" });
  await expect(appendEvents(ctx, { ...refused, leaseEpoch })).resolves.toMatchObject({ items: [{}] });
});

test("a batch that the database refuses does not fail the others of its flush", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const all = await Promise.all(Array.from({ length: 4 }, () => makeRun(ctx.database.db)));
  // A check that only this test's database has stands for anything the database may refuse.
  await ctx.pool.query(`alter table agentrun_events add check (payload->>'message' is distinct from 'poison')`);
  const writes = all.flatMap((run, index) => [
    appendEvents(ctx, { runId: run.id, events: [note("fine")] }),
    appendEvents(ctx, { runId: run.id, events: [note(index === 2 ? "poison" : "fine too")] }),
  ]);
  const settled = await Promise.allSettled(writes);
  expect(settled.filter((write) => write.status === "rejected")).toHaveLength(1);
  expect(settled[5]?.status).toBe("rejected");
});

test("a batch stored beside an earlier one is not stored again when the earlier one cannot be read", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { id: runId } = await makeRun(ctx.database.db);
  await appendEvents(ctx, { runId, batchId: "known", events: [note("known")] });
  const { pool, close } = connect(database.url, { isForAppending: true });
  const query = pool.query.bind(pool) as (...args: unknown[]) => unknown;
  Object.assign(pool, {
    // The only statement without a name reads the answer to a replay.
    query: (asked: unknown, ...values: unknown[]) =>
      typeof asked === "string"
        ? Promise.reject(Object.assign(new Error("it took too long"), { code: "57014" }))
        : query(asked, ...values),
  });
  const appender = new EventAppender({ pool, onStored: () => undefined, wake: () => undefined });
  const [fresh, known] = await Promise.allSettled([
    appender.append({ runId, leaseEpoch: null, events: [note("fresh")] }),
    appender.append({ runId, leaseEpoch: null, batchId: "known", events: [note("known")] }),
  ]);
  expect([fresh?.status, known?.status]).toEqual(["fulfilled", "rejected"]);
  await appender.close();
  await close();
  expect((await listEvents(ctx, { runId, afterSeq: 0, limit: 9 })).items).toHaveLength(2);
});

test("bounds waiting batches by size too, and accepts more once they are stored", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { id: runId } = await makeRun(ctx.database.db);
  const { pool, close } = connect(database.url, { isForAppending: true });
  const told = { pool, onStored: () => undefined, wake: () => undefined };
  const appender = new EventAppender({ ...told, waitingCharsMax: 1_500 });
  const append = () => appender.append({ runId, leaseEpoch: null, events: [note("x".repeat(1_000))] });
  for (let round = 1; round <= 2; round += 1) {
    const answers = await Promise.allSettled([append(), append(), append()]);
    expect(answers.map(({ status }) => status)).toEqual(["fulfilled", "fulfilled", "rejected"]);
    expect(answers[2]).toMatchObject({
      reason: { failureKind: "infra-failed", reason: "overloaded" },
    });
    expect((await listEvents(ctx, { runId, afterSeq: 0, limit: 9 })).items).toHaveLength(2 * round);
  }
  await appender.close();
  await close();
});

test("measures a payload in bytes of JSON, and stores one of the maximum size", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { id: runId } = await makeRun(ctx.database.db);
  const rest = PAYLOAD_MAX_BYTES - JSON.stringify({ message: "" }).length;
  const most = "€".repeat(Math.floor(rest / 3)) + "x".repeat(rest % 3);
  await expect(appendEvents(ctx, { runId, events: [note(`${most}x`)] })).rejects.toMatchObject({
    reason: "invalid-input",
    message: `events.0.payload: larger than ${PAYLOAD_MAX_BYTES} bytes of JSON`,
  });
  expect((await appendEvents(ctx, { runId, events: [note(most)] })).items).toHaveLength(1);
});

test("stores agent output without NUL, lone surrogates and secrets", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { id: runId } = await makeRun(ctx.database.db);
  const payload = {
    text: "nul \u0000 and \ud800 half",
    "ke\u0000y": "x",
    inputTokens: 12,
    headers: { Authorization: "Bearer abcdefghijklmnop" },
    output: "export OPENAI_API_KEY=sk-abcdefghijklmnopqrstuvwx and https://me:hunter22@example.com",
  };
  await appendEvents(ctx, { runId, events: [{ type: "command_output", payload }] });
  const { items } = await listEvents(ctx, { runId, afterSeq: 0, limit: 10 });
  expect(items[0]?.payload).toEqual({
    text: "nul \ufffd and \ufffd half",
    "ke\ufffdy": "x",
    inputTokens: 12,
    headers: { Authorization: "[redacted]" },
    output: "export OPENAI_API_KEY=[redacted] and https://me:[redacted]@example.com",
  });
});

test("refuses events for an ended run", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { id: runId } = await makeRun(ctx.database.db);
  await finishRun(ctx, { runId, terminalStatus: "failed", failureKind: "backend-failed" });
  await expect(appendEvents(ctx, { runId, events: [note("late")] })).rejects.toMatchObject({
    reason: "already-terminal",
    failureKind: "backend-failed",
  });
  await expect(appendEvents(ctx, { runId: "run_none", events: [note("x")] })).rejects.toMatchObject({
    reason: "not-found",
  });
});
