import { expect, test } from "vitest";
import { askUntilBack, isRouteWaiting } from "./route-fetch";

test("retries a page until the server is back", async () => {
  const answers = [null, 502, 200];
  const waited: boolean[] = [];
  const answer = await askUntilBack(
    async () => {
      waited.push(isRouteWaiting());
      const status = answers.shift();
      if (status == null) throw new TypeError("Failed to fetch");
      return new Response("", { status });
    },
    null,
    1,
  );
  expect(answer.status).toBe(200);
  expect(waited).toEqual([false, true, true]);
  expect(isRouteWaiting()).toBe(false);
});

test("stops retrying when nobody waits", async () => {
  const { signal } = { signal: AbortSignal.abort() };
  await expect(askUntilBack(() => Promise.reject(new Error("aborted")), signal, 1)).rejects.toThrow("aborted");
  expect(isRouteWaiting()).toBe(false);
});
