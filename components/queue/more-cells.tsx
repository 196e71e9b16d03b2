// biome-ignore-all lint/a11y/noRedundantRoles: some browsers drop a table's meaning once its display is changed.
"use client";
import type { ReactNode } from "react";
import { IdCell, LinkCell, TextCell, TimeCell } from "@/components/arrange/cells";
import { MetadataCell } from "@/components/arrange/metadata-cell";
import { runAddress, sessionAddress } from "@/components/shell/addresses";
import { cn } from "@/components/ui/class-names";
import { LINE, LineName } from "@/components/ui/list/table";
import type { ColumnId } from "@/contract/query/arrangement";
import type { TASK_COLUMNS } from "@/contract/query/tasks";
import type { QueueTaskSummary } from "@/contract/queue";
import type { TaskColumn } from "./task-columns";

type MoreColumn = ColumnId<typeof TASK_COLUMNS, true>;

const MORE_CELLS: Record<MoreColumn, (task: QueueTaskSummary) => ReactNode> = {
  project: ({ projectId }) => <TextCell text={projectId} />,
  tenant: ({ tenantId }) => <TextCell text={tenantId} />,
  id: ({ id }) => <IdCell id={id} />,
  session: ({ sessionId }) => <LinkCell id={sessionId} href={sessionAddress} />,
  run: ({ runId }) => <LinkCell id={runId} href={runAddress} />,
  attempts: ({ attemptCount }) => attemptCount,
  key: ({ concurrencyKey }) => <TextCell text={concurrencyKey} />,
  due: ({ nextAttemptAt, runAt }) => <TimeCell at={nextAttemptAt ?? runAt} />,
  expires: ({ expiresAt }) => <TimeCell at={expiresAt} />,
  added: ({ createdAt }) => <TimeCell at={createdAt} />,
  version: ({ version }) => version,
  metadata: ({ metadata }) => <MetadataCell metadata={metadata} />,
};

type MoreCellsProps = { task: QueueTaskSummary; columns: readonly TaskColumn[] };

/** What a task's row shows to those who choose it; lines of its card on a phone. */
export function MoreCells({ task, columns }: MoreCellsProps) {
  return columns
    .filter(({ isOptional }) => isOptional)
    .map(({ id, name }) => (
      <td key={id} role="cell" className={cn("min-w-0 truncate text-xs text-ink-2 tabular-nums", LINE)}>
        <LineName>{name}</LineName>
        {MORE_CELLS[id as MoreColumn](task)}
      </td>
    ));
}
