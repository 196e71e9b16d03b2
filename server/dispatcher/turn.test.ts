import { expect, test } from "vitest";
import { turnOf } from "./turn";

const ID = `img_${"0".repeat(32)}`;

test("a task's turn takes all fields of its payload, and its images", () => {
  const turn = (payload: Record<string, unknown>) => turnOf({ title: "Mend", payload });
  expect(turn({ text: "go", ticket: 7 })).toEqual({ text: "go", ticket: 7 });
  expect(turn({ text: "go", ticket: 7, attachments: [ID] })).toEqual({ text: "go", ticket: 7, attachments: [ID] });
  // Without a text the agent reads the title and the payload, in which an id tells it nothing.
  expect(turn({ ticket: 7, attachments: [ID] })).toEqual({ text: 'Mend\n\n{"ticket":7}', attachments: [ID] });
  expect(turn({ attachments: [ID] })).toEqual({ text: "Mend", attachments: [ID] });
  // A field of that name that does not have our form is a program's own, and stays.
  expect(turn({ text: "go", attachments: ["report.pdf"] })).toEqual({ text: "go", attachments: ["report.pdf"] });
  expect(turn({ attachments: ["report.pdf"] })).toEqual({ text: 'Mend\n\n{"attachments":["report.pdf"]}' });
});
