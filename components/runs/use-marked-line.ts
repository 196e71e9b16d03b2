import { useEffect } from "react";
import type { ReadLine } from "./log-text";

type MarkedAt = {
  scroller: { current: HTMLElement | null };
  /** The line to begin beside, where none is marked. */
  beside: string | null;
  onMark: (line: string | null) => void;
};

/** The line that the address names: where it is among those that were read, and ways to another. */
export function useMarkedLine(lines: readonly ReadLine[], line: string | null, { scroller, beside, onMark }: MarkedAt) {
  const position = lines.findIndex(({ key }) => key === line) + 1;
  const isFound = position > 0;
  useEffect(() => {
    if (isFound && line !== null) rowOf(scroller.current, line)?.scrollIntoView({ block: "nearest" });
  }, [isFound, line, scroller]);
  return {
    position,
    mark: onMark,
    go(step: 1 | -1) {
      const from = isFound ? position - 1 : lines.findIndex(({ key }) => key === beside);
      const next = from === -1 ? lines.length - 1 : Math.min(lines.length - 1, Math.max(0, from + step));
      const key = lines[next]?.key;
      if (key !== undefined) onMark(key);
    },
  };
}

export const rowOf = (scroller: HTMLElement | null, key: string): HTMLElement | undefined =>
  [...(scroller?.querySelectorAll<HTMLElement>("[data-line]") ?? [])].find((element) => element.dataset.line === key);

/** The line whose time was pressed; null: something else was. */
export function timeOf(target: EventTarget): string | null {
  const time = (target as HTMLElement).closest("[data-time]");
  return time?.closest<HTMLElement>("[data-line]")?.dataset.line ?? null;
}
