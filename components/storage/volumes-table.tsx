"use client";
import Link from "next/link";
import { nameOf } from "@/components/sessions/name";
import { runAddress, storageAddress } from "@/components/shell/addresses";
import { useCanOperate } from "@/components/shell/identity";
import { shortenId } from "@/components/ui/format";
import { State } from "@/components/ui/state";
import { type Column, type RowChoice, Table } from "@/components/ui/table";
import type { StorageSummary } from "@/contract/storage";
import { explainKeeper, reasonWord, STATE_MEANING } from "./explain";
import { ArchiveMark, Expiry, SizeBar } from "./facts";
import { VolumeMenu } from "./volume-actions";

type VolumesTableProps = { volumes: readonly StorageSummary[]; largest: number; choice: RowChoice };

/** Volumes as rows; each leads to its session's storage. */
export function VolumesTable({ volumes, largest, choice }: VolumesTableProps) {
  const canOperate = useCanOperate();
  const columns = columnsOf(volumes, largest).filter((column) => canOperate || column.name !== "Actions");
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

function columnsOf(volumes: readonly StorageSummary[], largest: number): Column<StorageSummary>[] {
  const hasTenants = new Set(volumes.map((volume) => volume.tenantId)).size > 1;
  return [
    { name: "State", className: "sm:w-px sm:min-w-28", cell: (volume) => <StateCell volume={volume} /> },
    {
      name: "Session",
      isLead: true,
      className: "max-w-0 min-w-48 py-1.5 sm:w-1/3 max-sm:order-first max-sm:max-w-none",
      cell: (volume) => <SessionCell volume={volume} />,
    },
    {
      name: "Project",
      isWideOnly: true,
      className: "max-w-36 truncate whitespace-nowrap text-xs text-ink-2",
      cell: (volume) => (hasTenants ? `${volume.tenantId} / ${volume.projectId}` : volume.projectId),
    },
    {
      name: "Size",
      className: "min-w-36 max-sm:order-last max-sm:w-full",
      cell: (volume) => <SizeBar summary={volume} largest={largest} />,
    },
    { name: "Archive", cell: (volume) => <ArchiveMark summary={volume} /> },
    {
      name: "Run",
      isWideOnly: true,
      className: "whitespace-nowrap",
      cell: (volume) =>
        volume.activeRunId === null ? (
          <span className="text-xs text-ink-3">none</span>
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
    { name: "Expires", className: "whitespace-nowrap", cell: (volume) => <Expiry summary={volume} /> },
    {
      name: "Actions",
      className: "w-px text-right max-sm:absolute max-sm:top-2 max-sm:right-3 max-sm:w-auto",
      cell: (volume) => <VolumeMenu summary={volume} />,
    },
  ];
}

function StateCell({ volume }: { volume: StorageSummary }) {
  const keeper = volume.keeper === null || volume.keeper === "not-expired" ? null : volume.keeper;
  return (
    <span className="inline-flex items-center gap-x-2 sm:flex-col sm:items-start sm:gap-0.5">
      <State state={volume.storageState} title={STATE_MEANING[volume.storageState]} />
      {keeper !== null && keeper !== "pinned" && (
        <span title={explainKeeper(keeper)} className="max-w-32 truncate text-2xs text-ink-3 sm:pl-1">
          {reasonWord(keeper)}
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
          {volume.pvcName === null ? "no volume" : shortenId(volume.pvcName)}
        </span>
        {volume.pvcPhase !== null && volume.pvcPhase !== "Bound" && (
          <span className="font-medium text-warn"> · {volume.pvcPhase}</span>
        )}
      </span>
    </span>
  );
}
