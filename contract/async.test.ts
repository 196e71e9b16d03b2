import { expect, test, vi } from "vitest";
import { aborted, within } from "./async";

test("within returns a timely result, null for a late one, and leaves no timer", async () => {
  vi.useFakeTimers();
  expect(await within(60_000, Promise.resolve("here"))).toBe("here");
  await expect(within(60_000, Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(vi.getTimerCount()).toBe(0);
  const late = within(60_000, new Promise(() => {}));
  vi.advanceTimersByTime(60_000);
  expect(await late).toBeNull();
  vi.useRealTimers();
});

test("aborted waits for an abort, and resolves at once after one", async () => {
  const controller = new AbortController();
  const waiting = aborted(controller.signal).then(() => "aborted");
  expect(await Promise.race([waiting, Promise.resolve("not yet")])).toBe("not yet");
  controller.abort();
  expect(await waiting).toBe("aborted");
  await aborted(controller.signal);
});
