"use client";
import Link from "next/link";
import type { ReactNode } from "react";
import { IdCell, TextCell, TimeCell } from "@/components/arrange/cells";
import { columnsFor } from "@/components/arrange/columns";
import { useArrangement } from "@/components/arrange/use-arrangement";
import { nameOf } from "@/components/sessions/name";
import { runAddress, storageAddress } from "@/components/shell/addresses";
import { useCanOperate } from "@/components/shell/identity";
import { formatBytes, shortenId } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { type Column, type RowChoice, Table } from "@/components/ui/list/table";
import { State } from "@/components/ui/state";
import type { ColumnId } from "@/contract/query/arrangement";
import { STORAGE_COLUMNS, STORAGE_QUERY } from "@/contract/query/storage";
import type { StorageSummary } from "@/contract/storage";
import { explainKeeper, reasonWord, STATE_MEANING } from "./explain";
import { ArchiveMark, Expiry, SizeBar } from "./facts";
import { VolumeMenu } from "./volume-actions";

type VolumesTableProps = { volumes: readonly StorageSummary[]; largest: number; choice: RowChoice };

/** Volumes as rows; each leads to its session's storage. */
export function VolumesTable({ volumes, largest, choice }: VolumesTableProps) {
  const canOperate = useCanOperate();
  const { columns: chosen } = useArrangement(STORAGE_QUERY).arrangement;
  const columns = [
    ...LEADING_COLUMNS,
    ...columnsFor(STORAGE_COLUMNS, chosen, { defaultColumns: defaultColumnsOf(volumes, largest), renderMore }),
    ...(canOperate ? [ACTIONS] : []),
  ];
  return (
    <Table
      label="Volumes"
      rows={volumes}
      columns={columns}
      choice={canOperate ? choice : null}
      keyOf={(volume) => volume.sessionId}
      rowClassName={() => "max-sm:pr-12"}
    />
  );
}

/** Without these a row says nothing. */
const LEADING_COLUMNS: Column<StorageSummary>[] = [
  { name: "State", className: "sm:w-px sm:min-w-28", cell: (volume) => <StateCell volume={volume} /> },
  {
    name: "Session",
    isLead: true,
    className: "max-w-0 min-w-48 py-1.5 sm:w-1/3 max-sm:order-first max-sm:max-w-none",
    cell: (volume) => <SessionCell volume={volume} />,
  },
];

const ACTIONS: Column<StorageSummary> = {
  name: "Actions",
  isNameHidden: true,
  className: "w-px text-right max-sm:absolute max-sm:top-2 max-sm:right-3 max-sm:w-auto",
  cell: (volume) => <VolumeMenu summary={volume} />,
};

const MORE_CELLS: Record<ColumnId<typeof STORAGE_COLUMNS, true>, (volume: StorageSummary) => ReactNode> = {
  kind: ({ storageKind }) => storageKind,
  digest: ({ sha256 }) => <IdCell id={sha256} />,
  measured: ({ updatedAt }) => <TimeCell at={updatedAt} />,
  requested: ({ requestedBytes }) => <TextCell text={requestedBytes === null ? null : formatBytes(requestedBytes)} />,
  phase: ({ pvcPhase }) => <TextCell text={pvcPhase} />,
  policy: ({ storagePolicy }) => storagePolicy,
  pinned: ({ pinnedAt }) => <TimeCell at={pinnedAt} />,
};
const renderMore = (id: string, volume: StorageSummary) => MORE_CELLS[id as keyof typeof MORE_CELLS](volume);

type DefaultColumns = Record<ColumnId<typeof STORAGE_COLUMNS, false>, Omit<Column<StorageSummary>, "name">>;

function defaultColumnsOf(volumes: readonly StorageSummary[], largest: number): DefaultColumns {
  const hasTenants = new Set(volumes.map((volume) => volume.tenantId)).size > 1;
  return {
    project: {
      isWideOnly: true,
      className: "max-w-36 truncate whitespace-nowrap text-xs text-ink-2",
      cell: (volume) => (hasTenants ? `${volume.tenantId} / ${volume.projectId}` : volume.projectId),
    },
    size: {
      className: "min-w-36 max-sm:order-last max-sm:w-full",
      cell: (volume) => <SizeBar summary={volume} largest={largest} />,
    },
    archive: { cell: (volume) => <ArchiveMark summary={volume} /> },
    run: {
      isWideOnly: true,
      className: "whitespace-nowrap",
      cell: (volume) =>
        volume.activeRunId === null ? (
          <span className="text-xs text-ink-3">None</span>
        ) : (
          <Link
            href={runAddress(volume.activeRunId)}
            title={volume.activeRunId}
            className="relative z-10 font-mono text-xs text-accent hover:underline"
          >
            {shortenId(volume.activeRunId, 4)}
          </Link>
        ),
    },
    expires: { className: "whitespace-nowrap", cell: (volume) => <Expiry summary={volume} /> },
  };
}

function StateCell({ volume }: { volume: StorageSummary }) {
  const keeper = volume.keeper === null || volume.keeper === "not-expired" ? null : volume.keeper;
  return (
    <span className="inline-flex items-center gap-x-2 sm:flex-col sm:items-start sm:gap-0.5">
      <State state={volume.storageState} why={STATE_MEANING[volume.storageState]} />
      {keeper !== null && keeper !== "pinned" && (
        <span title={explainKeeper(keeper)} className="max-w-32 truncate text-2xs text-ink-3 sm:pl-1">
          {revealHidden(reasonWord(keeper))}
        </span>
      )}
    </span>
  );
}

function SessionCell({ volume }: { volume: StorageSummary }) {
  return (
    <span className="flex min-w-0 flex-col">
      <Link
        href={storageAddress(volume.sessionId)}
        title={volume.sessionId}
        className="truncate font-medium after:absolute after:inset-0 hover:underline"
      >
        {nameOf(volume)}
      </Link>
      <span className="truncate text-2xs text-ink-3">
        <span className="sm:hidden">{volume.projectId} · </span>
        <span className="font-mono" title={volume.pvcName ?? undefined}>
          {volume.pvcName === null ? "No volume" : shortenId(volume.pvcName)}
        </span>
        {volume.pvcPhase !== null && volume.pvcPhase !== "Bound" && (
          <span className="font-medium text-warn"> · {volume.pvcPhase}</span>
        )}
      </span>
    </span>
  );
}
