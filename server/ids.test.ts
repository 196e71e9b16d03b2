import { expect, test } from "vitest";
import { newId, newIds } from "./ids";

test("ids made together have the same form as others, and are all different", () => {
  const batches = Array.from({ length: 200 }, () => newIds("event", 500));
  const ids = batches.flat();
  expect(new Set([...ids, newId("event")]).size).toBe(ids.length + 1);
  for (const id of ids.slice(0, 1_000)) expect(id).toMatch(/^evt_[0-9a-f]{12}7[0-9a-f]{19}$/);
  expect(newIds("event", 0)).toEqual([]);
});
