import { expect, test } from "vitest";
import type { QueueTask } from "@/contract/queue";
import { changeOf, draftOf, rebased } from "./change-draft";

const task = (more: Partial<QueueTask> = {}): QueueTask =>
  ({ title: "Build", queue: "default", lane: "ci", priority: 0, runAt: null, expiresAt: null, ...more }) as QueueTask;

test("what was typed outlives another's change, which is taken over where it is", () => {
  const loaded = task();
  const typed = { ...draftOf(loaded), title: "Build it all", priority: "5" };
  const now = task({ priority: 9, lane: "nightly" });
  const merged = rebased(typed, loaded, now);
  expect(merged).toMatchObject({ title: "Build it all", priority: "9", lane: "nightly" });
  expect(changeOf(now, merged)).toEqual({ title: "Build it all" });
});
