import { type KeyboardEvent, useState } from "react";
import type { Selection } from "@/components/bulk/use-selection";
import { focusRow, moveRow } from "@/components/shell/list-keys";
import type { PageKey } from "@/components/shell/page-keys";
import { peekMove, pressedIn } from "./keys";

type Listed<Row> = {
  rows: readonly Row[];
  idOf: (row: Row) => string;
  /** What one row is. */
  one: string;
  selection: Pick<Selection, "cursor" | "moveTo">;
  /** Has a row take the focus, and goes to the next; where not all of them are drawn, that is for the list to do. */
  focus?: (id: string) => void;
  step?: (by: 1 | -1) => void;
};

/** Looking into rows at the side of their list: the space bar opens, keys go on, Escape closes. */
export function usePeek<Row>({ rows, idOf, one, selection, focus = focusRow, step = moveRow }: Listed<Row>) {
  const [isOpen, setIsOpen] = useState(false);
  const { cursor, moveTo } = selection;
  const row = isOpen ? (rows.find((row) => idOf(row) === cursor) ?? null) : null;
  const close = () => {
    setIsOpen(false);
    if (cursor !== null) focus(cursor);
  };
  const open = (id: string) => {
    moveTo(id);
    setIsOpen(true);
  };
  const toggle = () => (row === null ? setIsOpen(cursor !== null) : close());
  const key: PageKey = { keys: " ", name: `Look into the ${one}`, run: toggle };
  /** Whether the panel took the key. */
  const onKeyDown = (event: KeyboardEvent): boolean => {
    const move = row === null || event.defaultPrevented ? null : peekMove(event.key, pressedIn(event.target));
    if (move === null) return false;
    // The list would scroll, too.
    event.preventDefault();
    if (move === "close") close();
    else step(move === "down" ? 1 : -1);
    return true;
  };
  return { row, open, close, toggle, key, onKeyDown };
}
