import type { KeyboardEvent } from "react";
import { expect, test } from "vitest";
import { sendByKeys } from "./dialog-form";

test("Ctrl or Command with Enter submits like the button, with the browser's validation", () => {
  const calls: string[] = [];
  const press = (keys: object) =>
    sendByKeys({
      ...{ key: "Enter", metaKey: false, ctrlKey: false, ...keys },
      preventDefault: () => calls.push("kept"),
      currentTarget: { requestSubmit: () => calls.push("asked") },
    } as unknown as KeyboardEvent<HTMLFormElement>);
  press({});
  press({ key: "a", ctrlKey: true });
  expect(calls).toEqual([]);
  press({ ctrlKey: true });
  press({ metaKey: true });
  expect(calls).toEqual(["kept", "asked", "kept", "asked"]);
});
