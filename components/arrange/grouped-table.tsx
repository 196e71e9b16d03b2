// biome-ignore-all lint/a11y/noRedundantRoles: some browsers drop a table's meaning once its display is changed, as on phones.
"use client";
import { ChevronDown, ChevronRight } from "lucide-react";
import { useId } from "react";
import { formatPlural } from "@/components/ui/format";
import { hasBoxes, Rows, Table, TableFrame, type TableProps } from "@/components/ui/list/table";
import type { RowGroup } from "./groups";
import type { ShownGroups } from "./use-groups";

type GroupedTableProps<Row> = TableProps<Row> & {
  /** null: the rows stand under nothing. */
  groups: ShownGroups<Row> | null;
  /** What one row is. */
  noun: string;
  /** Whether there may be rows that are not loaded. */
  hasMore: boolean;
};

/** A table whose rows may stand under groups, each with a head that stays in sight and closes it. */
export function GroupedTable<Row>({ groups, noun, hasMore, ...table }: GroupedTableProps<Row>) {
  if (groups === null) return <Table {...table} />;
  const { rows: _all, ...props } = table;
  // What scrolls is the page's list, so that heads stay at its top: a box around the table would hold them.
  return (
    <TableFrame {...props}>
      {groups.groups.map((group) => (
        <Group
          key={group.key}
          {...props}
          group={group}
          count={hasMore ? `${group.rows.length.toLocaleString("en")} loaded` : formatPlural(group.rows.length, noun)}
          isClosed={groups.isClosed(group.key)}
          onToggle={() => groups.onToggle(group.key)}
        />
      ))}
    </TableFrame>
  );
}

type GroupProps<Row> = Omit<TableProps<Row>, "rows"> & {
  group: RowGroup<Row>;
  count: string;
  isClosed: boolean;
  onToggle: () => void;
};

function Group<Row>({ group, count, isClosed, onToggle, ...props }: GroupProps<Row>) {
  const id = useId();
  const Icon = isClosed ? ChevronRight : ChevronDown;
  return (
    <tbody role="rowgroup" aria-labelledby={id} data-group={group.key} className="max-sm:block">
      <tr role="row" className="sticky top-0 z-20 bg-sunken shadow-[inset_0_-1px_0_var(--line)] max-sm:block">
        <td role="cell" colSpan={props.columns.length + (hasBoxes(props.choice) ? 1 : 0)} className="p-0 max-sm:block">
          <h2 className="sticky left-0 w-fit max-w-[calc(100vw-1rem)]">
            <button
              type="button"
              id={id}
              data-group-head
              aria-expanded={!isClosed}
              onFocus={() => props.choice?.onFocus(null)}
              onClick={onToggle}
              className="flex h-9 max-w-full items-center gap-1.5 px-4 text-xs focus-visible:-outline-offset-2 lg:px-6"
            >
              <Icon aria-hidden className="size-4 shrink-0 text-ink-3" />
              <span className="truncate font-semibold">{group.name}</span>{" "}
              <span className="shrink-0 font-normal text-ink-3">{count}</span>
            </button>
          </h2>
        </td>
      </tr>
      {!isClosed && <Rows rows={group.rows} {...props} />}
    </tbody>
  );
}
