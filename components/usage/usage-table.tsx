import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useMemo } from "react";
import { sessionAddress, taskAddress, usageAddress } from "@/components/shell/addresses";
import { useTRPC } from "@/components/trpc/client";
import { Choices } from "@/components/ui/form/choices";
import { formatCount, formatPlural, shortenId } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { type Column, Table } from "@/components/ui/list/table";
import { Panel } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import type { UsageRow } from "@/contract/usage";
import { GROUPINGS, type Grouping, type Measure, type UsageFilter } from "./filter";
import { usageByGroup } from "./queries";
import { onlyCurrency, sizeOf } from "./series";
import type { UsageChange } from "./usage-view";
import { costWords, failureCountWords, missingWords, shareWords, tokensOf } from "./words";

const GROUPING_NAMES: Record<Grouping, string> = {
  project: "Project",
  profile: "Profile",
  model: "Model",
  session: "Session",
  task: "Task",
};

/** Who used how much of it: a row for each group, with its share of the whole. */
export function UsageTable({ filter, onChange }: { filter: UsageFilter; onChange: UsageChange }) {
  const trpc = useTRPC();
  const query = useQuery(usageByGroup(trpc, filter));
  return (
    <Panel
      title={`By ${GROUPING_NAMES[filter.by].toLowerCase()}`}
      className="shrink-0"
      actions={
        <Choices
          label="Group by"
          values={GROUPINGS}
          names={GROUPING_NAMES}
          value={filter.by}
          onChange={(by) => onChange({ by })}
        />
      }
    >
      <QueryView query={query}>
        {({ items, total, groupBy, groupsLeftOut }) => {
          const measure = onlyCurrency(total) === null ? "tokens" : filter.show;
          const size = (row: UsageRow) => sizeOf(row.usage, measure);
          return (
            <>
              <Rows
                rows={[...items].sort((a, b) => size(b) - size(a))}
                grouping={groupBy as Grouping}
                filter={filter}
                total={sizeOf(total, measure)}
                measure={measure}
              />
              {groupsLeftOut > 0 && (
                <p className="px-4 py-2 text-xs text-ink-3">
                  {formatPlural(groupsLeftOut, `smaller ${groupBy}`)} not shown; the totals include them.
                </p>
              )}
            </>
          );
        }}
      </QueryView>
    </Panel>
  );
}

type RowsProps = {
  rows: readonly UsageRow[];
  grouping: Grouping;
  filter: UsageFilter;
  /** What a row's share is of. */
  total: number;
  measure: Measure;
};

function Rows({ rows, grouping, filter, total, measure }: RowsProps) {
  const columns = useMemo<Column<UsageRow>[]>(
    () => [
      {
        name: GROUPING_NAMES[grouping],
        isLead: true,
        className: "max-w-96",
        cell: (row) => <GroupName row={row} grouping={grouping} filter={filter} />,
      },
      {
        name: "Share",
        className: "w-48",
        cell: (row) => (
          <span className="flex items-center gap-2">
            <span aria-hidden className="h-1.5 w-24 shrink-0 overflow-hidden rounded-full bg-sunken">
              <span
                className="block h-full rounded-full bg-accent-fill"
                style={{ width: `${total === 0 ? 0 : (100 * sizeOf(row.usage, measure)) / total}%` }}
              />
            </span>
            <span className="text-xs whitespace-nowrap text-ink-2 tabular-nums">
              {shareWords(sizeOf(row.usage, measure), total)}
            </span>
          </span>
        ),
      },
      {
        name: "Cost",
        className: "text-right whitespace-nowrap tabular-nums",
        cell: ({ usage }) => {
          const cost = costWords(usage);
          return (
            <span title={missingWords(usage) ?? undefined} className={cost === null ? "text-ink-3" : undefined}>
              {cost ?? "No price"}
            </span>
          );
        },
      },
      {
        name: "Tokens",
        className: "text-right whitespace-nowrap text-ink-2 tabular-nums",
        cell: ({ usage }) => (
          <span title={`${usage.inputTokens.toLocaleString("en")} in, ${usage.outputTokens.toLocaleString("en")} out`}>
            {formatCount(tokensOf(usage))}
            <span className="sm:hidden"> tokens</span>
          </span>
        ),
      },
      {
        name: "Calls",
        className: "text-right whitespace-nowrap text-ink-2 tabular-nums",
        cell: ({ usage }) => (
          <>
            {usage.calls.toLocaleString("en")}
            <span className="sm:hidden"> calls</span>
          </>
        ),
      },
      {
        name: "Failed",
        className: "text-right whitespace-nowrap tabular-nums",
        cell: ({ usage }) => (
          <span className={usage.failed > 0 ? "text-bad" : "text-ink-3"} title={failureCountWords(usage).join(", ")}>
            {usage.failed.toLocaleString("en")}
            <span className="sm:hidden"> failed</span>
          </span>
        ),
      },
    ],
    [grouping, filter, total, measure],
  );
  return (
    <Table label={`Usage by ${grouping}`} rows={rows} columns={columns} keyOf={({ group }) => `${grouping}:${group}`} />
  );
}

type GroupNameProps = { row: UsageRow; grouping: Grouping; filter: UsageFilter };

/** What a group is called; a project, profile or model leads to its own usage, a session or task to its page. */
function GroupName({ row: { group, title }, grouping, filter }: GroupNameProps) {
  if (group === "") return <span className="text-ink-3">{`No ${grouping}`}</span>;
  const name = title === undefined || title === null ? null : revealHidden(title);
  const isRecord = grouping === "session" || grouping === "task";
  return (
    <span className="flex min-w-0 flex-col">
      <Link
        href={addressOf(group, grouping, filter)}
        title={revealHidden(title ?? group)}
        className="truncate font-medium hover:underline"
      >
        {name ?? (isRecord ? shortenId(group) : revealHidden(group))}
      </Link>
      {isRecord && name !== null && <span className="font-mono text-2xs text-ink-3">{shortenId(group)}</span>}
    </span>
  );
}

function addressOf(group: string, grouping: Grouping, filter: UsageFilter): string {
  if (grouping === "session") return sessionAddress(group);
  if (grouping === "task") return taskAddress(group);
  const { period, from, to, show, project, profile, model } = filter;
  return usageAddress({
    ...{ period, from, to, show, project, profile, model },
    [grouping]: group,
    by: grouping === "project" ? "session" : "project",
  });
}
