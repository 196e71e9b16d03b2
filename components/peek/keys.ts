/** What a key does while a panel is open. */
type PeekMove = "close" | "down" | "up";

/** Where a key was pressed: in a row of the list, in something that takes keys for itself, or elsewhere. */
type PressedIn = "row" | "layer" | "other";

/** What a key does to an open panel; null: nothing. Arrows go through the rows, and scroll everything else. */
export function peekMove(key: string, where: PressedIn): PeekMove | null {
  // A dialog or a menu that lies above has its own use for them.
  if (where === "layer") return null;
  if (key === "Escape") return "close";
  if (where !== "row") return null;
  return key === "ArrowDown" ? "down" : key === "ArrowUp" ? "up" : null;
}

type Closest = { closest?: (selector: string) => unknown };

/** Where an event's target stands. */
export function pressedIn(target: EventTarget | null): PressedIn {
  const isIn = (selector: string) => ((target as Closest | null)?.closest?.(selector) ?? null) !== null;
  if (isIn("[role=dialog], [role=alertdialog], [role=menu], [role=listbox]")) return "layer";
  return isIn("[data-row]") ? "row" : "other";
}

/** The key of an address that says which row is looked into. */
export const LOOK = "look";

/** What an address asks for but the look into a row. */
export function withoutLook(search: string): string {
  const params = new URLSearchParams(search);
  params.delete(LOOK);
  return params.toString();
}
