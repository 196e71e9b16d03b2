import { expect, test } from "vitest";
import { AnswerCache } from "./answer-cache";

/** A question that counts how often it was asked, and whose answers a test releases. */
function asked() {
  let times = 0;
  const waiting: (() => void)[] = [];
  const ask = () => {
    times += 1;
    const answer = times;
    return new Promise<number>((resolve) => waiting.push(() => resolve(answer)));
  };
  const answer = () => {
    for (const tell of waiting.splice(0)) tell();
  };
  return { ask, times: () => times, answer };
}

test("concurrent requests for one key share one call, and the answer is cached", async () => {
  const beliefs = new AnswerCache<number>(60_000);
  const { ask, times, answer } = asked();
  const all = Array.from({ length: 100 }, () => beliefs.get("a", ask, null));
  answer();
  expect(new Set(await Promise.all(all))).toEqual(new Set([1]));
  expect(await beliefs.get("a", ask, null)).toBe(1);
  const other = beliefs.get("b", ask, null);
  answer();
  expect([await other, times()]).toEqual([2, 2]);
});

test("a request for an answer newer than an instant shares a call that began after it", async () => {
  const beliefs = new AnswerCache<number>(60_000);
  const { ask, times, answer } = asked();
  const early = beliefs.get("a", ask, null);
  const since = performance.now() + 0.001;
  const late = [beliefs.get("a", ask, since), beliefs.get("a", ask, since)];
  answer();
  expect(await early).toBe(1);
  await expect.poll(times).toBe(2);
  answer();
  expect(await Promise.all(late)).toEqual([2, 2]);
});

test("an expired or failed answer is requested again", async () => {
  const beliefs = new AnswerCache<number>(0);
  let times = 0;
  const ask = async () => {
    times += 1;
    if (times === 2) throw new Error("away");
    return times;
  };
  expect(await beliefs.get("a", ask, null)).toBe(1);
  await expect(beliefs.get("a", ask, null)).rejects.toThrow("away");
  expect(await beliefs.get("a", ask, null)).toBe(3);
});
