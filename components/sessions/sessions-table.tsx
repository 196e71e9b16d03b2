"use client";
import { HardDrive } from "lucide-react";
import Link from "next/link";
import { useMemo } from "react";
import { columnsFor } from "@/components/arrange/columns";
import { GroupedTable } from "@/components/arrange/grouped-table";
import type { ShownGroups } from "@/components/arrange/use-groups";
import { sessionAddress } from "@/components/shell/addresses";
import { formatBytes, sentence } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import type { Column, RowChoice } from "@/components/ui/list/table";
import { Time } from "@/components/ui/time/time";
import type { ColumnId, ListColumn } from "@/contract/query/arrangement";
import { SESSION_COLUMNS } from "@/contract/query/sessions";
import type { SessionSummary } from "@/contract/session";
import { Profile } from "./demo-label";
import { MORE_CELLS } from "./more-cells";
import { nameOf } from "./name";
import { SessionRowMenu } from "./session-menu";
import { SessionState } from "./session-state-cell";

/** Without these a row says nothing. */
const LEADING_COLUMNS: Column<SessionSummary>[] = [
  {
    name: "State",
    className: "sm:w-px sm:min-w-32",
    cell: (session) => <SessionState session={session} />,
  },
  {
    name: "Session",
    isLead: true,
    className: "max-w-0 min-w-56 sm:w-1/2 max-sm:order-first max-sm:max-w-none",
    cell: (session) => (
      <span className="flex min-w-0 items-center gap-2">
        {session.unread ? (
          <span className="size-2 shrink-0 rounded-full bg-accent">
            <span className="sr-only">Unread</span>
          </span>
        ) : (
          <span aria-hidden className="size-2 shrink-0 max-sm:hidden" />
        )}
        <Link
          href={sessionAddress(session.sessionId)}
          title={session.sessionId}
          className={`min-w-0 truncate after:absolute after:inset-0 hover:underline ${session.unread ? "font-semibold" : "font-medium"}`}
        >
          {nameOf(session)}
        </Link>
      </span>
    ),
  },
];

const DEFAULT_COLUMNS: Record<ColumnId<typeof SESSION_COLUMNS, false>, Omit<Column<SessionSummary>, "name">> = {
  profile: { className: "text-ink-2", cell: (session) => <Profile profile={session.backendProfile} /> },
  project: {
    isWideOnly: true,
    className: "whitespace-nowrap text-ink-2",
    cell: (session) => session.projectId,
  },
  approvals: {
    isWideOnly: true,
    className: "text-right tabular-nums",
    cell: (session) =>
      session.pendingApprovals > 0 && <span className="font-medium text-warn">{session.pendingApprovals}</span>,
  },
  storage: {
    isWideOnly: true,
    className: "whitespace-nowrap text-ink-2 tabular-nums",
    cell: (session) => (
      <span className="inline-flex items-center gap-1.5">
        <HardDrive aria-hidden className="size-3.5 text-ink-3" />
        {session.storageState === "live" && session.storageSizeBytes !== null
          ? formatBytes(session.storageSizeBytes)
          : revealHidden(sentence(session.storageState))}
      </span>
    ),
  },
  activity: {
    className: "whitespace-nowrap text-ink-2 sm:text-right",
    cell: (session) => <Time at={session.lastActivityAt ?? session.updatedAt} />,
  },
};

const ACTIONS: Column<SessionSummary> = {
  name: "Actions",
  isNameHidden: true,
  className: "sm:w-px max-sm:ml-auto",
  cell: (session) => <SessionRowMenu session={session} />,
};

const renderMore = (id: string, session: SessionSummary) => MORE_CELLS[id as keyof typeof MORE_CELLS](session);

type SessionsTableProps = {
  sessions: readonly SessionSummary[];
  choice?: RowChoice | null;
  /** The one that a panel is open at. */
  peekedId?: string | null;
  /** The columns that there are. */
  all?: readonly ListColumn[];
  /** Those that were chosen, where they were. */
  columns?: string | null;
  groups?: ShownGroups<SessionSummary> | null;
  hasMore?: boolean;
};

/** Sessions as rows; each leads to its conversation. */
export function SessionsTable({
  sessions,
  choice,
  peekedId,
  all = SESSION_COLUMNS,
  columns = null,
  groups = null,
  hasMore = false,
}: SessionsTableProps) {
  const shown = useMemo(
    () => [...LEADING_COLUMNS, ...columnsFor(all, columns, { defaultColumns: DEFAULT_COLUMNS, renderMore }), ACTIONS],
    [all, columns],
  );
  return (
    <GroupedTable
      label="Sessions"
      noun="session"
      rows={sessions}
      columns={shown}
      keyOf={(session) => session.sessionId}
      choice={choice}
      currentKey={peekedId}
      groups={groups}
      hasMore={hasMore}
    />
  );
}
