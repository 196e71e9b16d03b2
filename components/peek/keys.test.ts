import { expect, test } from "vitest";
import { peekMove, pressedIn, withoutLook } from "./keys";

/** A target within what these selectors find. */
const within = (...found: string[]) =>
  ({
    closest: (selector: string) => (selector.split(", ").some((one) => found.includes(one)) ? {} : null),
  }) as unknown as EventTarget;

test("arrows move between rows while a panel is open, and scroll elsewhere", () => {
  const row = pressedIn(within("[data-row]"));
  expect([peekMove("ArrowDown", row), peekMove("ArrowUp", row)]).toEqual(["down", "up"]);
  expect(peekMove("ArrowDown", pressedIn(within()))).toBeNull();
  expect(peekMove("Enter", row), "it opens the page").toBeNull();
});

test("Escape closes the panel, but not below an open dialog or menu", () => {
  for (const target of [within("[data-row]"), within(), null])
    expect(peekMove("Escape", pressedIn(target))).toBe("close");
  for (const layer of ["[role=dialog]", "[role=alertdialog]", "[role=menu]", "[role=listbox]"])
    expect(peekMove("Escape", pressedIn(within("[data-row]", layer))), layer).toBeNull();
});
test("removing the panel's parameter gives the list's own URL", () => {
  expect(withoutLook("?state=all&look=run_1&columns=id")).toBe("state=all&columns=id");
  expect(withoutLook("?look=run_1")).toBe(withoutLook(""));
});
