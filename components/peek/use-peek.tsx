"use client";
import dynamic from "next/dynamic";
import { parseAsString, useQueryState } from "nuqs";
import { type KeyboardEvent, type ReactNode, useEffect, useRef } from "react";
import type { Selection } from "@/components/bulk/use-selection";
import { focusRow, moveRow } from "@/components/shell/list-keys";
import type { PageKey } from "@/components/shell/page-keys";
import { LOOK, peekMove, pressedIn, withoutLook } from "./keys";

const NotListed = dynamic(() => import("./not-listed").then((module) => module.NotListed), { ssr: false });

type PeekOptions<Row> = {
  rows: readonly Row[];
  idOf: (row: Row) => string;
  /** What one row is. */
  noun: string;
  /** Whether the rows were read, so that one that is not there is not listed. */
  isRead: boolean;
  selection: Pick<Selection, "cursor" | "moveTo">;
  /** Has a row take the focus, and goes to the next; where not all of them are drawn, that is for the list to do. */
  focus?: (id: string) => void;
  step?: (by: 1 | -1) => void;
};

/**
 * Looking into rows at the side of their list: the space bar opens, keys go on, Escape closes. Which one stands in the
 * address, so that a link opens the same; from an open panel back leads to the list.
 */
export function usePeek<Row>({
  rows,
  idOf,
  noun,
  isRead,
  selection,
  focus = focusRow,
  step = moveRow,
}: PeekOptions<Row>) {
  const [shownId, setShownId] = useQueryState(LOOK, parseAsString);
  const { cursor, moveTo } = selection;
  const row = rows.find((row) => idOf(row) === shownId) ?? null;
  /** The list's own address, where it lies right below that of the panel: another step would not lead anywhere. */
  const below = useRef<string | null>(null);
  const before = useRef({ shownId: null as string | null, cursor });

  useEffect(() => {
    const forget = () => {
      below.current = null;
    };
    window.addEventListener("popstate", forget);
    return () => window.removeEventListener("popstate", forget);
  }, []);

  // The panel follows the row in focus, and the focus a row that was opened by its address.
  useEffect(() => {
    const previous = before.current;
    if (shownId !== null && row === null && !isRead) return;
    before.current = { shownId, cursor };
    if (shownId === null || shownId === cursor) return;
    if (previous.shownId === shownId && previous.cursor !== cursor) void setShownId(cursor, { history: "replace" });
    else if (row !== null) {
      moveTo(shownId);
      if (document.activeElement === document.body) focus(shownId);
    }
  });

  const close = () => {
    void setShownId(null, { history: "replace" });
    if (cursor !== null) focus(cursor);
  };
  const open = (id: string) => {
    moveTo(id);
    const list = withoutLook(window.location.search);
    const isStep = shownId === null && below.current !== list;
    if (isStep) below.current = list;
    void setShownId(id, { history: isStep ? "push" : "replace" });
  };
  const toggle = () => {
    if (shownId !== null) close();
    else if (cursor !== null) open(cursor);
  };
  const key: PageKey = { keys: " ", name: `Preview ${noun}`, run: toggle };
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
  const missing: ReactNode = shownId !== null && row === null && isRead && (
    <NotListed id={shownId} noun={noun} onClose={close} />
  );
  return { row, missing, open, close, toggle, key, onKeyDown };
}
