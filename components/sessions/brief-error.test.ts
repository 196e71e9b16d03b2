import { expect, test } from "vitest";
import { briefError } from "./brief-error";

test("shortens a dead process's error to one line", () => {
  const message =
    "The runner was lost (the runner ended with signal SIGKILL: (node:1) Warning: a\nleak) while a turn ran.";
  expect(briefError(message)).toBe("Runner was killed (SIGKILL)");
  expect(briefError("The runner was lost (its lease ran out) while a turn was under way.")).toBe("Runner was lost");
  expect(briefError("no room\nat node.js:1")).toBe("no room");
  expect(briefError("x".repeat(500))).toHaveLength(120);
});
