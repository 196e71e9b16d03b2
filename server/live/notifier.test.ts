import { expect, test } from "vitest";
import type { Topic } from "@/server/context";
import { Hub } from "./hub";
import { Notifier } from "./notifier";

/** Makes two processes that hear each other: both receive what either sends. */
function twoProcesses() {
  const sent: string[] = [];
  const everybody: Notifier[] = [];
  const deliver = async (payload: string) => {
    sent.push(payload);
    for (const notifier of everybody) notifier.receive(payload);
    return true;
  };
  const hubs = [new Hub(), new Hub()] as const;
  const notifiers = [new Notifier(hubs[0], deliver), new Notifier(hubs[1], deliver)] as const;
  everybody.push(...notifiers);
  return { sent, hubs, notifiers };
}

test("a burst of wakes is delivered at once locally, and as few notifications to other processes", async () => {
  const { sent, hubs, notifiers } = twoProcesses();
  const heard = { here: 0, there: 0 };
  hubs[0].subscribe("events:run_1", () => {
    heard.here += 1;
  });
  hubs[1].subscribe("events:run_1", () => {
    heard.there += 1;
  });
  for (let wake = 0; wake < 500; wake += 1) notifiers[0].wake("events:run_1");
  expect(heard.here).toBe(500);
  await expect.poll(() => heard.there).toBe(1);
  expect(sent).toHaveLength(1);
});

test("splits notifications at PostgreSQL's size, and beyond a number of topics wakes all", async () => {
  const { sent, hubs, notifiers } = twoProcesses();
  const heard = new Set<string>();
  const topics = Array.from({ length: 1_500 }, (_, index): Topic => `events:run_${index}_${"x".repeat(40)}`);
  for (const topic of topics) hubs[1].subscribe(topic, () => heard.add(topic));
  for (const topic of topics) notifiers[0].wake(topic);
  await expect.poll(() => heard.size).toBe(topics.length);
  expect(Math.max(...sent.map((payload) => Buffer.byteLength(payload)))).toBeLessThan(8_000);

  heard.clear();
  for (let index = 0; index < 2_500; index += 1) notifiers[0].wake(`commands:run_${index}`);
  await expect.poll(() => heard.size).toBe(topics.length);
  expect(sent.at(-1)).toContain('"isAll":true');
});

test("live text too large for a notification stays local, and foreign notifications are ignored", async () => {
  const { sent, hubs, notifiers } = twoProcesses();
  const here: string[] = [];
  const there: string[] = [];
  hubs[0].subscribeText("run_1", ({ frames }) => here.push(...frames.map((frame) => frame.text)));
  hubs[1].subscribeText("run_1", ({ frames }) => there.push(...frames.map((frame) => frame.text)));
  const frame = (text: string) => ({
    runId: "run_1",
    frames: [{ itemId: `i${text.length}`, kind: "reasoning" as const, text }],
  });
  notifiers[0].publishText(frame("界".repeat(6_000)));
  notifiers[0].publishText(frame("fits"));
  await expect.poll(() => there).toEqual(["fits"]);
  expect(here).toHaveLength(2);
  expect(Math.max(...sent.map((payload) => Buffer.byteLength(payload)))).toBeLessThan(8_000);
  for (const garbage of ["", "{", "[]", '{"from":1}', '{"topics":["x"]}']) notifiers[1].receive(garbage);
});
