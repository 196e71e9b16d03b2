import { expect, test } from "vitest";
import { LiveConnection, type Source } from "./connection";

class FakeSource implements Source {
  readonly listeners = new Map<string, ((event: { data?: unknown }) => void)[]>();
  isClosed = false;
  constructor(readonly url: string) {}
  addEventListener(name: string, listener: (event: { data?: unknown }) => void): void {
    this.listeners.set(name, [...(this.listeners.get(name) ?? []), listener]);
  }
  close(): void {
    this.isClosed = true;
  }
  send(name: string, data?: unknown): void {
    for (const listener of this.listeners.get(name) ?? [])
      listener({ data: data === undefined ? undefined : JSON.stringify(data) });
  }
}

function setUp(since: string | null = null, now = () => 1_000) {
  const sources: FakeSource[] = [];
  const timers: { run: () => void; ms: number; isCleared: boolean }[] = [];
  const connection = new LiveConnection({
    since,
    openSource: (url) => {
      const source = new FakeSource(url);
      sources.push(source);
      return source;
    },
    now,
    setTimer: (run, ms) => {
      const timer = { run, ms, isCleared: false };
      timers.push(timer);
      return timer;
    },
    clearTimer: (timer) => {
      if (timer !== undefined) (timer as { isCleared: boolean }).isCleared = true;
    },
  });
  const last = <Item>(items: Item[]): Item => {
    const item = items.at(-1);
    if (item === undefined) throw new Error("nothing there");
    return item;
  };
  return { connection, sources, timers, last };
}

const hello = { serverTime: "2026-11-22T00:00:00Z", isBehind: false };

test("a change of topic keeps the old stream until the new one greets", () => {
  const { connection, sources } = setUp();
  connection.start();
  sources[0]?.send("hello", hello);
  connection.follow({ runId: "run_1", afterSeq: 7 });

  expect(sources[1]?.url).toContain("run=run_1&after=7");
  expect(sources[0]?.isClosed).toBe(false);
  const seen: string[] = [];
  connection.on("run", (run) => seen.push(run.id));
  sources[0]?.send("run", { id: "between" });
  sources[1]?.send("hello", hello);

  expect(seen).toEqual(["between"]);
  expect(sources[0]?.isClosed).toBe(true);
  expect(connection.getStatus().state).toBe("live");
});

test("a lost stream reopens from the last event, and reports the gap once open", () => {
  const { connection, sources, timers, last } = setUp();
  let gaps = 0;
  connection.onGap(() => {
    gaps += 1;
  });
  connection.follow({ runId: "run_1", afterSeq: 0 });
  connection.start();
  sources[0]?.send("hello", hello);
  connection.seen("run_1", 41);
  sources[0]?.send("error");

  expect(connection.getStatus()).toMatchObject({ state: "reconnecting", retryAtMs: 1_500 });
  expect(sources[0]?.isClosed).toBe(true);
  last(timers).run();
  expect(last(sources).url).toContain("after=41");
  expect(gaps).toBe(0);
  last(sources).send("hello", hello);
  expect(gaps).toBe(1);
});

test("retries wait longer each time and reset after a greeting", () => {
  const { connection, sources, timers, last } = setUp();
  connection.start();
  const waits: number[] = [];
  for (let round = 0; round < 4; round += 1) {
    last(sources).send("error");
    waits.push(last(timers).ms);
    last(timers).run();
  }
  last(sources).send("hello", hello);
  last(sources).send("error");
  expect([...waits, last(timers).ms]).toEqual([500, 1_000, 2_000, 5_000, 500]);
});

test("a run that cannot be followed does not prevent the other topics", () => {
  const { connection, sources, timers, last } = setUp();
  connection.follow({ runId: "run_gone", afterSeq: 3 });
  connection.start();
  for (let round = 0; round < 3; round += 1) {
    expect(last(sources).url).toContain("run_gone");
    last(sources).send("error");
    last(timers).run();
  }
  expect(last(sources).url).not.toContain("run_gone");
});

/** A stream that lives without what it should follow, since it failed three times with it. */
function setUpLeftOut() {
  const setup = setUp();
  const { connection, sources, timers, last } = setup;
  connection.follow({ runId: "run_1", afterSeq: 3 });
  connection.start();
  for (let round = 0; round < 3; round += 1) {
    last(sources).send("error");
    last(timers).run();
  }
  const without = last(sources);
  without.send("hello", hello);
  return { ...setup, without };
}

test("a run dropped while the server was away is followed again later", () => {
  const { connection, sources, timers, last, without } = setUpLeftOut();
  connection.seen("run_1", 8);
  expect(last(timers)).toMatchObject({ ms: 500, isCleared: false });
  last(timers).run();

  expect(last(sources).url).toContain("run=run_1&after=8");
  expect(without.isClosed).toBe(false);
  expect(connection.getStatus().state).toBe("live");
  last(sources).send("hello", hello);
  expect(without.isClosed).toBe(true);
  expect(connection.getStatus().state).toBe("live");
});

test("a run that cannot be followed is retried a few times, and the stream stays", () => {
  const { connection, sources, timers, last, without } = setUpLeftOut();
  const waits: number[] = [];
  while (!last(timers).isCleared) {
    waits.push(last(timers).ms);
    last(timers).run();
    expect(last(sources).url).toContain("run_1");
    last(sources).send("error");
    expect(connection.getStatus().state).toBe("live");
    if (waits.length > 9) break;
  }
  expect(waits).toEqual([500, 1_000, 2_000]);
  expect(without.isClosed).toBe(false);
});

test("a stream that ends while its replacement is tried takes the replacement with it", () => {
  const { connection, sources, timers, last, without } = setUpLeftOut();
  let gaps = 0;
  connection.onGap(() => {
    gaps += 1;
  });
  last(timers).run();
  without.send("error");
  last(sources).send("error");
  expect(connection.getStatus().state).toBe("reconnecting");
  last(timers).run();
  last(sources).send("hello", hello);
  expect(gaps).toBe(1);
});

test("a stream that never greets counts as lost", () => {
  const { connection, timers, last } = setUp();
  connection.start();
  last(timers).run();
  expect(connection.getStatus().state).toBe("reconnecting");
});

test("a hidden tab pauses the stream and catches up when it is shown", () => {
  const { connection, sources, last } = setUp();
  let gaps = 0;
  connection.onGap(() => {
    gaps += 1;
  });
  connection.start();
  last(sources).send("hello", hello);
  connection.pause();
  expect(last(sources).isClosed).toBe(true);
  expect(connection.getStatus().state).toBe("paused");
  connection.start();
  last(sources).send("hello", hello);
  expect(gaps).toBe(1);
});

test("ignores malformed frames", () => {
  const { connection, sources } = setUp();
  const seen: unknown[] = [];
  connection.on("run", (run) => seen.push(run));
  connection.start();
  for (const listener of sources[0]?.listeners.get("run") ?? []) listener({ data: "{broken" });
  expect(seen).toEqual([]);
});

test("follows tasks while they are shown, and a moment longer", () => {
  const { connection, sources, timers, last } = setUp();
  connection.start();
  expect(last(sources).url).not.toContain("tasks=1");
  const stop = connection.watch("tasks");
  expect(last(sources).url).toContain("tasks=1");
  stop();
  const stopNext = connection.watch("tasks");
  last(timers).run();
  expect(sources).toHaveLength(2);
  stopNext();
  last(timers).run();
  expect(last(sources).url).not.toContain("tasks=1");
});

test("the first stream starts at the page's instant, and later ones do not", () => {
  const { connection, sources, timers, last } = setUp("77.1000");
  let gaps = 0;
  const missed: string[] = [];
  connection.onGap(() => {
    gaps += 1;
  });
  connection.onMissed((what) => missed.push(what));
  connection.start();
  expect(last(sources).url).toContain("since=77.1000");
  connection.follow({ runId: "run_1", afterSeq: 0 });
  expect(last(sources).url, "not greeted yet").toContain("since=77.1000");
  last(sources).send("hello", hello);
  expect({ gaps, missed }).toEqual({ gaps: 0, missed: ["approvals"] });
  last(sources).send("error");
  last(timers).run();
  expect(last(sources).url).not.toContain("since");
  last(sources).send("hello", hello);
  expect({ gaps, missed }).toEqual({ gaps: 1, missed: ["approvals"] });
});

test("a page that connects too late refetches all lists", () => {
  const { connection, sources, last } = setUp("77.1000");
  let gaps = 0;
  connection.onGap(() => {
    gaps += 1;
  });
  connection.start();
  last(sources).send("hello", { ...hello, isBehind: true });
  expect(gaps).toBe(1);
});

test("a tab opened in the background opens no stream until shown, and then catches up", () => {
  const { connection, sources, last } = setUp();
  let gaps = 0;
  connection.onGap(() => {
    gaps += 1;
  });
  connection.pause();
  expect(sources).toEqual([]);
  expect(connection.getStatus().state).toBe("paused");
  connection.start();
  last(sources).send("hello", hello);
  expect(gaps).toBe(1);
});

test("refetches tasks that changed just before their stream was requested", () => {
  const { connection, sources, last } = setUp();
  const missed: string[] = [];
  connection.onMissed((what) => missed.push(what));
  connection.start();
  last(sources).send("hello", hello);
  connection.watch("tasks");
  last(sources).send("hello", hello);
  expect(missed).toEqual(["tasks"]);
});

test("without a database the data is stale, with the time since when", () => {
  const { connection, sources, timers, last } = setUp();
  connection.start();
  last(sources).send("hello", hello);
  last(sources).send("database", { isAway: true });
  expect(connection.getStatus()).toEqual({ state: "stale", staleSinceMs: 1_000 });
  last(sources).send("database", { isAway: false });
  expect(connection.getStatus().state).toBe("live");
  last(sources).send("database", { isAway: true });
  last(sources).send("error");
  expect(connection.getStatus(), "a server that ends meanwhile does not make it younger").toMatchObject({
    state: "reconnecting",
    staleSinceMs: 1_000,
  });
  last(timers).run();
});

test("two concurrent topic changes keep the live stream until one greets", () => {
  const { connection, sources, last } = setUp();
  connection.start();
  sources[0]?.send("hello", hello);
  connection.follow({ runId: "run_1", afterSeq: 0 });
  connection.watch("tasks");
  expect(sources.map(({ isClosed }) => isClosed)).toEqual([false, true, false]);
  const seen: string[] = [];
  connection.on("run", (run) => seen.push(run.id));
  sources[0]?.send("run", { id: "between" });
  last(sources).send("hello", hello);
  expect(seen).toEqual(["between"]);
  expect(sources.map(({ isClosed }) => isClosed)).toEqual([true, true, false]);
});

test("a stream that stops its keep-alives is lost, whatever its connection's state", () => {
  let nowMs = 1_000;
  const { connection, sources, timers, last } = setUp(null, () => nowMs);
  let gaps = 0;
  connection.onGap(() => {
    gaps += 1;
  });
  connection.start();
  sources[0]?.send("hello", hello);
  // A server of before it says nothing of the kind.
  expect(timers.filter(({ isCleared }) => !isCleared)).toEqual([]);
  sources[0]?.send("alive", {});
  const first = last(timers);
  expect(first).toMatchObject({ ms: 40_000, isCleared: false });
  sources[0]?.send("alive", {});
  expect(first.isCleared).toBe(true);

  nowMs += 40_000;
  last(timers).run();
  // What is shown is as old as the last that was heard.
  expect(connection.getStatus()).toMatchObject({ state: "reconnecting", staleSinceMs: 1_000 });
  expect(sources[0]?.isClosed).toBe(true);
  last(timers).run();
  last(sources).send("hello", hello);
  expect(connection.getStatus().state).toBe("live");
  expect(gaps).toBe(1);
});

test("silence of a replaced stream is not a loss", () => {
  const { connection, sources, timers, last } = setUp();
  connection.start();
  sources[0]?.send("hello", hello);
  sources[0]?.send("alive", {});
  const silence = last(timers);
  connection.follow({ runId: "run_1", afterSeq: 0 });
  sources[1]?.send("hello", hello);
  silence.run();

  expect(connection.getStatus().state).toBe("live");
  expect(sources[1]?.isClosed).toBe(false);
});
