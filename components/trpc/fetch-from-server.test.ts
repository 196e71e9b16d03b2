import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { fetchFromServer, QUERY_DEADLINE_MS } from "./fetch-from-server";
import { whileSigningOut } from "./signing-out";

/** A server that answers nothing, as a browser sees it. */
const silent = vi.fn<typeof fetch>(
  (_url, init) =>
    new Promise((_, reject) => init?.signal?.addEventListener("abort", () => reject(init.signal?.reason))),
);

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("fetch", silent);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

test("a query without an answer is aborted at its time limit, or when nobody waits", async () => {
  const late = fetchFromServer("/api/trpc/runs.list", { method: "GET" });
  const leaving = new AbortController();
  const left = fetchFromServer("/api/trpc/runs.list", { method: "GET", signal: leaving.signal });
  leaving.abort();
  await expect(left).rejects.toMatchObject({ name: "AbortError" });

  const given = expect(late).rejects.toThrow(`the server: no answer within ${QUERY_DEADLINE_MS} ms`);
  await vi.advanceTimersByTimeAsync(QUERY_DEADLINE_MS);
  await given;
  expect(vi.getTimerCount()).toBe(0);
});

test("a mutation is awaited", () => {
  void fetchFromServer("/api/trpc/runs.cancel", { method: "POST", body: "{}" });
  expect(vi.getTimerCount()).toBe(0);
  expect(silent).toHaveBeenLastCalledWith(
    "/api/trpc/runs.cancel",
    expect.objectContaining({ credentials: "same-origin" }),
  );
});

test("a tab that signs out sends no query, and queries again where the sign-out failed", async () => {
  silent.mockClear();
  const failing = whileSigningOut(async () => {
    void fetchFromServer("/api/trpc/runs.list", { method: "GET" });
    expect(silent).not.toHaveBeenCalled();
    throw new Error("the server is gone");
  });
  await expect(failing).rejects.toThrow("the server is gone");
  fetchFromServer("/api/trpc/runs.list", { method: "GET" }).catch(() => undefined);
  expect(silent).toHaveBeenCalledTimes(1);
});
