import { expect, test } from "vitest";
import { groupByReason } from "./group";

test("rows kept for the same reason stand together, the most first, and differing details stay with their rows", () => {
  const groups = groupByReason([
    { sessionId: "a", reason: "run-live: run r1 is claimed" },
    { sessionId: "b", reason: "pinned" },
    { sessionId: "c", reason: "run-live: run r2 is claimed" },
  ]);
  expect(groups.map(({ reason, entries }) => [reason, entries.map(({ sessionId }) => sessionId)])).toEqual([
    ["run-live", ["a", "c"]],
    ["pinned", ["b"]],
  ]);
  const [same] = groupByReason([
    { sessionId: "a", reason: "archive-missing: nothing holds it" },
    { sessionId: "b", reason: "archive-missing: nothing holds it" },
  ]);
  expect(same?.reason).toBe("archive-missing: nothing holds it");
});
