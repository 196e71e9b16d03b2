import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import type { ToolCall } from "./tool";
import { waitUntil } from "./wait";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Yields nothing until it is told to end. */
async function* silence(signal: AbortSignal): AsyncGenerator<void> {
  if (signal.aborted) return;
  await new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

const callOf = (signal: AbortSignal) => ({ signal }) as ToolCall;

test("a wait ends at its timeout, also under garbage collection", async () => {
  const { signal } = new AbortController();
  const waited = waitUntil(callOf(signal), 1, { read: async () => ({ isOver: false }), changes: silence });
  const collecting = setInterval(collectGarbage, 20);
  expect(await waited.finally(() => clearInterval(collecting))).toEqual({ isOver: false });
});

test("a wait ends with its request, and at once when there is nothing to wait for", async () => {
  const gone = new AbortController();
  const waited = waitUntil(callOf(gone.signal), 50, { read: async () => ({ isOver: false }), changes: silence });
  gone.abort();
  expect(await waited).toEqual({ isOver: false });
  const over = { read: async () => ({ isOver: true }), changes: silence };
  expect(await waitUntil(callOf(new AbortController().signal), 50, over)).toEqual({ isOver: true });
});
