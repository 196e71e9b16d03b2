import { expect, test } from "vitest";
import { promptOf } from "./prompt";

test("shows the beginning of a task's text as its turn will have it", () => {
  const title = "Mend the roof";
  expect(promptOf({ title, payload: { n: 1, prompt: "mend it" } })).toBe("mend it");
  expect(promptOf({ title, payload: { text: " ", message: "go on" } })).toBe("go on");
  expect(promptOf({ title, payload: {} })).toBe(title);
  expect(promptOf({ title, payload: { text: 1, depth: 3 } })).toBe('Mend the roof\n\n{\n  "text": 1,\n  "depth": 3\n}');
  expect(promptOf({ title, payload: { text: "x".repeat(5_000) } })).toBe(`${"x".repeat(1_000)}…`);
});
