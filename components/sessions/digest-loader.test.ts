import { expect, test } from "vitest";
import type { SessionDigest } from "@/contract/session";
import { DigestLoader } from "./digest-loader";

const tokens = {
  ...{ calls: 0, inputTokens: 0, cachedInputTokens: 0, outputTokens: 0, reasoningTokens: 0 },
  ...{ uncountedCalls: 0, unpricedCalls: 0, costs: [] },
};
const digestOf = (sessionId: string): SessionDigest => ({ sessionId, tokens, lastEvent: null });

function startLoader({ everyMs = 0, fail = () => false }: { everyMs?: number; fail?: () => boolean } = {}) {
  const requests: string[][] = [];
  const atMs: number[] = [];
  const loader = new DigestLoader(
    async (ids) => {
      requests.push(ids);
      atMs.push(performance.now());
      if (fail()) throw new Error("the server is away");
      return ids.filter((id) => id !== "gone").map(digestOf);
    },
    { gatherMs: 0, everyMs, idsMax: 3 },
  );
  return { loader, requests, atMs };
}

test("batches rows requested at once, each once, up to a page", async () => {
  const { loader, requests } = startLoader();
  const ids = ["a", "b", "a", "gone", "c", "d"];
  const digests = await Promise.all(ids.map((id) => loader.load(id)));
  expect(digests.map((digest) => digest?.sessionId ?? null)).toEqual(["a", "b", "a", null, "c", "d"]);
  expect(requests).toEqual([
    ["a", "b", "gone"],
    ["c", "d"],
  ]);
});

test("requests made during a fetch wait for the next one, at the set pace", async () => {
  const everyMs = 40;
  const { loader, requests, atMs } = startLoader({ everyMs });
  await loader.load("a");
  await Promise.all([loader.load("a"), loader.load("b")]);
  expect(requests).toEqual([["a"], ["a", "b"]]);
  // Timers may be early by a fraction of a millisecond.
  expect((atMs[1] ?? 0) - (atMs[0] ?? 0)).toBeGreaterThan(everyMs - 2);
});

test("a failed fetch rejects its own callers, and the next one runs", async () => {
  let isAway = true;
  const { loader, requests } = startLoader({ fail: () => isAway });
  await expect(loader.load("a")).rejects.toThrow("away");
  isAway = false;
  expect(await loader.load("a")).toMatchObject({ sessionId: "a" });
  expect(requests).toEqual([["a"], ["a"]]);
});
