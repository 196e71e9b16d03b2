import { expect, test, vi } from "vitest";
import { aborted, within } from "./async";

test("what is in time is answered as it came, what is late by null, and no timer is left", async () => {
  vi.useFakeTimers();
  expect(await within(60_000, Promise.resolve("here"))).toBe("here");
  await expect(within(60_000, Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(vi.getTimerCount()).toBe(0);
  const late = within(60_000, new Promise(() => {}));
  vi.advanceTimersByTime(60_000);
  expect(await late).toBeNull();
  vi.useRealTimers();
});

test("an abort is waited for, and one that was is not", async () => {
  const controller = new AbortController();
  const waiting = aborted(controller.signal).then(() => "aborted");
  expect(await Promise.race([waiting, Promise.resolve("not yet")])).toBe("not yet");
  controller.abort();
  expect(await waiting).toBe("aborted");
  await aborted(controller.signal);
});
