import { expect, test } from "vitest";
import { groupByReason } from "./group";

test("groups rows by reason, the most frequent first, and keeps each row's details", () => {
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
