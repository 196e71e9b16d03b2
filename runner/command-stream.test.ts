import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Command } from "@/contract/command";
import { type StreamListener, streamWithReconnect } from "./command-stream";

const OPEN_MS = 1_000;

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A kept stream, with every stream that it has opened. A stream that was left reports its end, as tRPC's do. */
function openTestStream() {
  const opened: { afterSeq: number; listener: StreamListener }[] = [];
  const received: string[] = [];
  const broken: string[] = [];
  const stream = streamWithReconnect({
    afterSeq: 0,
    openMs: OPEN_MS,
    onCommand: (command) => received.push((command as Command).id),
    onBroken: (error) => broken.push(error.message),
    open(afterSeq, listener) {
      opened.push({ afterSeq, listener });
      return { unsubscribe: () => listener.onComplete() };
    },
  });
  const command = (seq: number) => ({ id: `cmd_${seq}`, seq }) as Command;
  return { opened, received, broken, stream, command, last: () => opened.at(-1)?.listener as StreamListener };
}

test("a broken stream is reopened once after the last command, and late data of the old one is ignored", () => {
  const { opened, received, broken, command, last } = openTestStream();
  const first = last();
  first.onStarted();
  first.onData(command(1));
  first.onError(new Error("cut"));
  first.onComplete();
  vi.advanceTimersByTime(60_000 - 1);
  // Neither the second stream nor any later one was ever begun.
  expect(opened.slice(0, 2).map(({ afterSeq }) => afterSeq)).toEqual([0, 1]);
  first.onData(command(2));
  first.onError(new Error("late"));
  expect(received).toEqual(["cmd_1"]);
  expect(broken[0]).toBe("cut");
  expect(broken).not.toContain("late");
});

test("a stream that does not start is reopened at its time limit, and a started one stays open", () => {
  const { opened, broken, last } = openTestStream();
  vi.advanceTimersByTime(OPEN_MS + 500);
  expect(opened).toHaveLength(2);
  expect(broken).toEqual(["commands.watch: no answer within 1000 ms"]);
  last().onStarted();
  vi.advanceTimersByTime(3_600_000);
  expect(opened).toHaveLength(2);
});

test.each(["while it waits to be begun", "once it has begun", "between two"])(
  "is not reopened when closed %s",
  (when) => {
    const { opened, stream, last } = openTestStream();
    if (when !== "while it waits to be begun") last().onStarted();
    if (when === "between two") last().onError(new Error("cut"));
    stream.close();
    vi.advanceTimersByTime(3_600_000);
    expect(opened).toHaveLength(1);
  },
);
