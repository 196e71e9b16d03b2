import type { ServerResponse } from "node:http";
import { PassThrough } from "node:stream";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ALIVE, KEEP_ALIVE_MS } from "@/server/live";
import { openNodeSink } from "./node-sink";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test("keeps each kind of stream alive: by a comment, or by an event that the console reads", () => {
  const [program, page] = [new PassThrough(), new PassThrough()];
  const sinks = [program, page].map((to) => openNodeSink(to as unknown as ServerResponse));
  Object.assign(sinks[1] ?? {}, { keepAlive: ALIVE });
  vi.advanceTimersByTime(KEEP_ALIVE_MS);

  expect(String(program.read())).toBe(": keep-alive\n\n");
  expect(String(page.read())).toBe("event: alive\ndata: {}\n\n");
  program.emit("close");
  vi.advanceTimersByTime(KEEP_ALIVE_MS);
  expect(program.read()).toBeNull();
  expect(String(page.read())).toBe("event: alive\ndata: {}\n\n");
  page.emit("close");
  expect(vi.getTimerCount()).toBe(0);
});
