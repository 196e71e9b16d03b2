import { expect, test } from "vitest";
import { Backlog, GroupCommit, type GroupCommitOptions, type Waiting } from "./group-commit";

type Flush = { inputs: string[]; end: (undecided?: string[]) => void; fail: (error: Error) => void };

/** A group whose flushes end by hand. Each input's result is itself in capitals; `no` is refused. */
function openGroup(options: Partial<GroupCommitOptions<string, string>> = {}) {
  const flushes: Flush[] = [];
  const group = new GroupCommit<string, string>({
    countFitting: (waiting) => waiting.length,
    flush: (taken) =>
      new Promise((resolve, reject) => {
        const end = (undecided: string[] = []) => resolve(taken.filter((item) => !hasDecided(item, undecided)));
        flushes.push({ inputs: taken.map(({ input }) => input), end, fail: reject });
      }),
    ...options,
  });
  const flushed = () => flushes.map(({ inputs }) => inputs.join(" "));
  return { group, flushes, flushed };
}

function hasDecided({ input, resolve, reject }: Waiting<string, string>, undecided: string[]): boolean {
  if (undecided.includes(input)) return false;
  if (input === "no") reject(new Error("refused"));
  else resolve(input.toUpperCase());
  return true;
}

/** Lets everything that is due happen. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

test("flushes inputs of one tick together, and those that arrive meanwhile in the next flush", async () => {
  const { group, flushes, flushed } = openGroup();
  const first = [group.add("a"), group.add("b")];
  await settle();
  const second = [group.add("c"), group.add("d")];
  await settle();
  expect(flushed()).toEqual(["a b"]);
  flushes[0]?.end();
  expect(await Promise.all(first)).toEqual(["A", "B"]);
  await settle();
  expect(flushed()).toEqual(["a b", "c d"]);
  flushes[1]?.end();
  expect(await Promise.all(second)).toEqual(["C", "D"]);
});

test("runs no more flushes at once than its maximum", async () => {
  const { group, flushes, flushed } = openGroup({ flushesMax: 2 });
  for (const input of ["a", "b", "c"]) {
    void group.add(input);
    await settle();
  }
  expect(flushed()).toEqual(["a", "b"]);
  flushes[1]?.end();
  await settle();
  expect(flushed()).toEqual(["a", "b", "c"]);
});

test("a flush takes what fits, and at least one input", async () => {
  const { group, flushes, flushed } = openGroup({ countFitting: ([first]) => (first?.input === "large" ? 0 : 2) });
  for (const input of ["a", "b", "large", "c"]) void group.add(input);
  for (let index = 0; index < 3; index += 1) {
    await settle();
    flushes[index]?.end();
  }
  expect(flushed()).toEqual(["a b", "large", "c"]);
});

test("a refused input fails alone", async () => {
  const { group, flushes } = openGroup();
  const answers = Promise.allSettled([group.add("a"), group.add("no"), group.add("b")]);
  await settle();
  flushes[0]?.end();
  expect((await answers).map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
});

test("undecided inputs begin the next flush, in their order", async () => {
  const { group, flushes, flushed } = openGroup();
  for (const input of ["a", "b", "c"]) void group.add(input);
  await settle();
  void group.add("d");
  flushes[0]?.end(["b", "c"]);
  await settle();
  expect(flushed()).toEqual(["a b c", "b c d"]);
});

test("a flush that throws fails its own inputs, and later ones are stored", async () => {
  const { group, flushes } = openGroup();
  const lost = group.add("a");
  await settle();
  const later = group.add("b");
  flushes[0]?.fail(new Error("the flush is broken"));
  await expect(lost).rejects.toThrow("the flush is broken");
  await settle();
  flushes[1]?.end();
  expect(await later).toBe("B");
});

test("bounds the backlog by number and characters, and accepts more as inputs leave", () => {
  const backlog = new Backlog({ what: "tasks", countMax: 2, charsMax: 10 });
  const overloaded = expect.objectContaining({
    reason: "overloaded",
    message: "too many tasks wait to be stored: try again",
  });
  backlog.enter();
  backlog.enter();
  expect(() => backlog.enter()).toThrow(overloaded);
  backlog.hold(10);
  expect(() => backlog.hold(1)).toThrow(overloaded);
  backlog.leave(0);
  expect(() => backlog.enter()).toThrow(overloaded);
  backlog.leave(10);
  backlog.enter();
  backlog.hold(1);
});

test("a closed backlog refuses new inputs at once, and ends when the last one has left", async () => {
  const backlog = new Backlog({ what: "events", countMax: 2, charsMax: 10 });
  backlog.enter();
  let isClosed = false;
  const closing = backlog.close().then(() => {
    isClosed = true;
  });
  expect(() => backlog.enter()).toThrow(expect.objectContaining({ reason: "shutting-down" }));
  await settle();
  expect(isClosed).toBe(false);
  backlog.leave(0);
  await closing;
});
