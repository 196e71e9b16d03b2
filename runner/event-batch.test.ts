import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import type { AppendEventsInput } from "@/contract/event";
import { RefusedError, UnreachableError } from "./control-plane";
import { LeaseLostError } from "./errors";
import { EventBatcher } from "./event-batch";

/** A server's event log, with the answer that a test wants for each batch, which comes after `answering`. */
function makeLog(judge: (input: AppendEventsInput) => Error | undefined = () => undefined, answering?: Promise<void>) {
  const spillDir = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "agentrun-spill-")), "spill");
  const batches: AppendEventsInput[] = [];
  const failures: Error[] = [];
  const batcher = new EventBatcher({
    controlPlane: {
      async appendEvents(input) {
        await answering;
        const error = judge(input);
        if (error) throw error;
        batches.push(structuredClone(input));
      },
    },
    runId: "run_1",
    leaseEpoch: 1,
    spillDir,
    onFailed: (error) => failures.push(error),
  });
  const texts = () => batches.flatMap(({ events }) => events.map(({ payload }) => payload.message));
  return {
    batcher,
    batches,
    failures,
    spillDir,
    texts,
    [Symbol.dispose]: () => fs.rmSync(path.dirname(spillDir), { recursive: true }),
  };
}

const note = (message: string) => ({ type: "error" as const, payload: { message } });
const numbers = (count: number) => Array.from({ length: count }, (_, index) => String(index));

test("sends events in order, at most twenty per batch", async () => {
  using log = makeLog();
  for (const number of numbers(45)) log.batcher.add(note(number));
  await log.batcher.flush();

  expect(log.batches.map(({ events }) => events.length)).toEqual([20, 20, 5]);
  expect(log.texts()).toEqual(numbers(45));
});

test("while the server is away batches are stored on disk, and replayed once and in order", async () => {
  let isAway = true;
  const tries: string[] = [];
  using log = makeLog((input) => {
    tries.push(input.batchId ?? "");
    return isAway ? new UnreachableError("away") : undefined;
  });
  for (const number of numbers(20)) log.batcher.add(note(number));
  await expect.poll(() => tries.length).toBeGreaterThan(1);
  for (const number of numbers(400)) log.batcher.add(note(number));
  await expect.poll(() => (fs.existsSync(log.spillDir) ? fs.readdirSync(log.spillDir).length : 0)).toBeGreaterThan(5);
  isAway = false;
  await log.batcher.flush();

  expect(log.texts()).toEqual([...numbers(20), ...numbers(400)]);
  expect(new Set(log.batches.map(({ batchId }) => batchId)).size).toBe(21);
  expect(tries[0]).toBe(tries[1]);
  expect(fs.readdirSync(log.spillDir)).toEqual([]);
});

test("while the server is slow, holds only a few megabytes of events in memory", async () => {
  let answer = () => {};
  const slow = new Promise<void>((resolve) => {
    answer = resolve;
  });
  using log = makeLog(() => undefined, slow);
  const megabyte = "x".repeat(1024 * 1024);
  for (const number of numbers(30)) log.batcher.add(note(`${number} ${megabyte}`));
  // Of the thirty, fewer than nine stay in memory.
  await expect.poll(() => (fs.existsSync(log.spillDir) ? fs.readdirSync(log.spillDir).length : 0)).toBeGreaterThan(21);
  answer();
  await log.batcher.flush();
  expect(log.texts().map((text) => String(text).split(" ")[0])).toEqual(numbers(30));
  expect(fs.readdirSync(log.spillDir)).toEqual([]);
});

test("an event that the server refuses is reported, and the others are sent", async () => {
  using log = makeLog(({ events }) => {
    return events.some(({ payload }) => payload.message === "bad")
      ? new RefusedError("invalid-input", "not this")
      : undefined;
  });
  for (const message of ["first", "bad", "last"]) log.batcher.add(note(message));
  await log.batcher.flush();

  expect(log.texts()).toEqual(["first", expect.stringContaining("refused an event of type error"), "last"]);
});

test("a lost lease stops sending, and every flush reports it", async () => {
  using log = makeLog(() => new LeaseLostError("gone"));
  log.batcher.add(note("late"));

  await expect(log.batcher.flush()).rejects.toThrow("gone");
  expect(log.failures).toHaveLength(1);
  log.batcher.add(note("later"));
  await expect(log.batcher.flush()).rejects.toThrow("gone");
});
