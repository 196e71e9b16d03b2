import type { KeyboardEvent } from "react";
import { expect, test } from "vitest";
import { DialogForm } from "./dialog-form";

test("Ctrl or Command with Enter submits as the button does, so that a browser asks for what is required", () => {
  const calls: string[] = [];
  const form = DialogForm({ onSubmit: () => calls.push("sent"), children: null });
  const press = (keys: object) =>
    form.props.onKeyDown({
      ...{ key: "Enter", metaKey: false, ctrlKey: false, ...keys },
      preventDefault: () => calls.push("kept"),
      currentTarget: { requestSubmit: () => calls.push("asked") },
    } as unknown as KeyboardEvent);
  press({});
  press({ key: "a", ctrlKey: true });
  expect(calls).toEqual([]);
  press({ ctrlKey: true });
  press({ metaKey: true });
  expect(calls).toEqual(["kept", "asked", "kept", "asked"]);
});
