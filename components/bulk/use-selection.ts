import { useEffect, useRef, useState } from "react";
import { rangeOf, stepFrom, successorOf } from "./selection";

export type Selection = {
  /** The row that keys act on; the focus is on it wherever the focus is in the list. */
  cursor: string | null;
  chosen: ReadonlySet<string>;
  /** Everything that matches the filter, loaded or not. */
  isAllMatching: boolean;
  moveTo: (id: string | null) => void;
  step: (by: number) => string | null;
  toggle: (id: string, isRange: boolean) => void;
  /** Takes the rows between the last that was chosen and this one. */
  extendTo: (id: string) => void;
  chooseAll: (isAllMatching: boolean) => void;
  clear: () => void;
};

/** Which rows of a list are meant: one by the cursor, many by choice. Both go by id, so that rows may change places. */
export function useSelection(ids: readonly string[]): Selection {
  const [cursor, setCursor] = useState<string | null>(null);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [isAllMatching, setIsAllMatching] = useState(false);
  const anchor = useRef<string | null>(null);
  const before = useRef(ids);
  useEffect(() => {
    if (before.current === ids) return;
    const from = before.current;
    before.current = ids;
    setCursor((current) => successorOf(from, ids, current));
    const there = new Set(ids);
    setChosen((current) => {
      const left = [...current].filter((id) => there.has(id));
      return left.length === current.size ? current : new Set(left);
    });
  }, [ids]);

  // Nothing is left of what all of them were: what has come since was not meant.
  useEffect(() => {
    if (chosen.size === 0) setIsAllMatching(false);
  }, [chosen]);

  function choose(more: readonly string[], isChosen: boolean): void {
    setIsAllMatching(false);
    setChosen((current) => {
      const next = new Set(current);
      for (const id of more) {
        if (isChosen) next.add(id);
        else next.delete(id);
      }
      return next;
    });
  }

  return {
    cursor,
    chosen,
    isAllMatching,
    moveTo: setCursor,
    step: (by) => {
      const next = stepFrom(ids, cursor, by);
      setCursor(next);
      return next;
    },
    toggle: (id, isRange) => {
      const isChosen = !chosen.has(id);
      choose(isRange ? rangeOf(ids, anchor.current, id) : [id], isChosen);
      anchor.current = id;
      setCursor(id);
    },
    extendTo: (id) => {
      anchor.current ??= cursor ?? id;
      choose(rangeOf(ids, anchor.current, id), true);
      setCursor(id);
    },
    chooseAll: (isAll) => {
      setIsAllMatching(isAll);
      setChosen(new Set(ids));
    },
    clear: () => {
      setIsAllMatching(false);
      setChosen(new Set());
      anchor.current = null;
    },
  };
}
