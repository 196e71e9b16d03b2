import { expect, test } from "vitest";
import { type Locks, STREAMS_MAX, StreamTurns } from "./stream-turns";

/** As much of a browser's lock manager as tabs see of it: a steal refuses the holder's promise. */
class SharedLocks implements Locks {
  readonly holders = new Map<string, (error: Error) => void>();

  async request(name: string, options: { steal?: boolean }, held: () => Promise<void> | void): Promise<unknown> {
    const stolen = new Promise<never>((_, reject) => {
      if (options.steal) this.holders.get(name)?.(new Error("stolen"));
      this.holders.set(name, reject);
    });
    try {
      return await Promise.race([held(), stolen]);
    } finally {
      this.holders.delete(name);
    }
  }

  async query() {
    return { held: [...this.holders.keys()].map((name) => ({ name })) };
  }
}

/** As many tabs of one browser, and which of them have lost their turn. */
function openTabs(count: number, locks = new SharedLocks()) {
  const lost: number[] = [];
  let nowMs = 1_000;
  const tabs = Array.from(
    { length: count },
    (_, index) =>
      new StreamTurns(
        locks,
        () => lost.push(index),
        () => nowMs++,
      ),
  );
  return { locks, tabs, lost };
}

async function settle(): Promise<void> {
  for (let round = 0; round < 500; round += 1) await Promise.resolve();
}

test("the most recently viewed tabs hold the streams, up to a maximum", async () => {
  const { locks, tabs, lost } = openTabs(7);
  for (const tab of tabs) {
    tab.acquire();
    await settle();
  }
  expect(lost).toEqual([0, 1, 2]);
  expect(locks.holders.size).toBe(STREAMS_MAX);
});

test("a tab viewed again is the last to lose its stream", async () => {
  const { tabs, lost } = openTabs(6);
  for (const tab of tabs.slice(0, 4)) tab.acquire();
  await settle();
  tabs[0]?.acquire();
  await settle();
  expect(lost).toEqual([]);
  for (const tab of tabs.slice(4)) tab.acquire();
  await settle();
  expect(lost).toEqual([1, 2]);
});

test("a released stream makes room, and is not reported as lost", async () => {
  const { tabs, lost } = openTabs(6);
  for (const tab of tabs.slice(0, 4)) tab.acquire();
  await settle();
  tabs[3]?.release();
  await settle();
  tabs[4]?.acquire();
  await settle();
  expect(lost).toEqual([]);
  tabs[5]?.acquire();
  await settle();
  expect(lost).toEqual([0]);
});

test("tabs viewed at once end with the maximum of streams", async () => {
  const { locks, tabs } = openTabs(12);
  for (const tab of tabs) tab.acquire();
  await settle();
  expect(locks.holders.size).toBe(STREAMS_MAX);
});

/** As where two tabs make room in one moment: each steals what the other has just stolen. */
class ContestedLocks extends SharedLocks {
  override async request(name: string, options: { steal?: boolean }, held: () => Promise<void> | void) {
    await super.request(name, options, held);
    if (options.steal) throw new DOMException("Lock broken by another request with the 'steal' option.", "AbortError");
  }
}

test("a stream that two tabs take at once is lost once, without an error", async () => {
  const faults: unknown[] = [];
  const note = (reason: unknown) => faults.push(reason);
  process.on("unhandledRejection", note);
  try {
    const { tabs, lost } = openTabs(6, new ContestedLocks());
    for (const tab of tabs) {
      tab.acquire();
      await settle();
    }
    await new Promise((resolve) => setImmediate(resolve));
    expect({ lost, faults }).toEqual({ lost: [0, 1], faults: [] });
  } finally {
    process.off("unhandledRejection", note);
  }
});
