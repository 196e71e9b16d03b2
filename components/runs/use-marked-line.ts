import { useEffect } from "react";
import type { ReadLine } from "./log-text";

type MarkedAt = {
  box: { current: HTMLElement | null };
  /** The line to begin beside, where none is marked. */
  beside: string | null;
  onMark: (line: string | null) => void;
};

/** The line that the address names: where it is among those that were read, and ways to another. */
export function useMarkedLine(lines: readonly ReadLine[], line: string | null, { box, beside, onMark }: MarkedAt) {
  const place = lines.findIndex(({ key }) => key === line) + 1;
  const isThere = place > 0;
  useEffect(() => {
    if (isThere && line !== null) rowOf(box.current, line)?.scrollIntoView({ block: "nearest" });
  }, [isThere, line, box]);
  return {
    place,
    mark: onMark,
    go(step: 1 | -1) {
      const from = isThere ? place - 1 : lines.findIndex(({ key }) => key === beside);
      const next = from === -1 ? lines.length - 1 : Math.min(lines.length - 1, Math.max(0, from + step));
      const key = lines[next]?.key;
      if (key !== undefined) onMark(key);
    },
  };
}

export const rowOf = (box: HTMLElement | null, key: string): HTMLElement | undefined =>
  [...(box?.querySelectorAll<HTMLElement>("[data-line]") ?? [])].find((element) => element.dataset.line === key);

/** The line whose time was pressed; null: something else was. */
export function timeOf(target: EventTarget): string | null {
  const time = (target as HTMLElement).closest("[data-time]");
  return time?.closest<HTMLElement>("[data-line]")?.dataset.line ?? null;
}
