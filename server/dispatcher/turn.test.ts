import { expect, test } from "vitest";
import { turnOf } from "./turn";

const ID = `img_${"0".repeat(32)}`;

test("a task's turn takes all fields of its payload except attachments, which nothing has checked", () => {
  const turn = (payload: Record<string, unknown>) => turnOf({ title: "Mend", payload });
  expect(turn({ text: "go", ticket: 7 })).toEqual({ text: "go", ticket: 7 });
  expect(turn({ text: "go", ticket: 7, attachments: [ID] })).toEqual({ text: "go", ticket: 7 });
  // A field of that name that does not have our form is a program's own, and stays.
  expect(turn({ text: "go", attachments: ["report.pdf"] })).toEqual({ text: "go", attachments: ["report.pdf"] });
});
