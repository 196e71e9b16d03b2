import { useMemo, useState } from "react";
import type { PageKey } from "@/components/shell/page-keys";
import { type Grouping, groupRows, type RowGroup } from "./groups";

/** Groups as they are shown: some of them closed. */
export type ShownGroups<Row> = {
  groups: readonly RowGroup<Row>[];
  isClosed: (key: string) => boolean;
  onToggle: (key: string) => void;
};

type GroupedList<Row> = { rows: readonly Row[]; idOf: (row: Row) => string; grouping: Grouping<Row> | null };

/**
 * A list's loaded rows under their groups, the ids of those in sight in the order in which they stand, and the keys of
 * groups. A row of a closed group is out of sight: nothing is done to it unless it is shown.
 */
export function useGroups<Row>({ rows, idOf, grouping }: GroupedList<Row>) {
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const groups = useMemo(() => (grouping === null ? null : groupRows(rows, grouping)), [rows, grouping]);
  const ids = useMemo(() => {
    const visibleRows = groups?.filter(({ key }) => !closed.has(key)).flatMap((group) => group.rows);
    return (visibleRows ?? rows).map(idOf);
  }, [rows, groups, closed, idOf]);
  const onToggle = (key: string) =>
    setClosed(
      (closedKeys) =>
        new Set(closedKeys.has(key) ? [...closedKeys].filter((other) => other !== key) : [...closedKeys, key]),
    );
  const shown: ShownGroups<Row> | null =
    groups === null ? null : { groups, isClosed: (key) => closed.has(key), onToggle };
  const keys: PageKey[] =
    groups === null ? [] : [{ keys: "z", name: "Close the group, or open it", run: toggleByHead }];
  return { shown, ids, keys };
}

/** Presses the head of the group that has the focus, which goes there: the rows under it may be gone. */
function toggleByHead(): void {
  const head = document.activeElement?.closest("[data-group]")?.querySelector<HTMLElement>("[data-group-head]");
  head?.focus();
  head?.click();
}
