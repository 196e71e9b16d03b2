"use client";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useRulesAll } from "@/components/shell/identity";
import { useTRPC } from "@/components/trpc/client";
import { Button } from "@/components/ui/button";
import { Id } from "@/components/ui/copy";
import { formatBytes, formatPlural } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { type Column, Table } from "@/components/ui/list/table";
import { EmptyState } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import { Time } from "@/components/ui/time/time";
import type { OrphanVolume } from "@/contract/storage";
import { AdoptDialog } from "./adopt-dialog";
import { DeleteOrphanDialog } from "./delete-orphan-dialog";

/** Volumes that carry AgentRun's label and that no session names. Nothing takes them but an administrator. */
export function OrphansView() {
  if (!useRulesAll()) {
    return (
      <EmptyState title="Administrators only">
        Volumes without a session belong to no tenant. Only an administrator of the whole installation can see, adopt
        and delete them.
      </EmptyState>
    );
  }
  return <Orphans />;
}

type OpenDialog = { orphan: OrphanVolume; action: "adopt" | "delete" };

function Orphans() {
  const trpc = useTRPC();
  const query = useQuery(trpc.storage.orphans.queryOptions({}));
  const [dialog, setDialog] = useState<OpenDialog | null>(null);
  return (
    <QueryView query={query}>
      {({ items, hasMore, provider }) => (
        <>
          <div className="flex flex-wrap items-center justify-between gap-2 border-b bg-panel px-4 py-2.5 lg:px-6">
            <p className="text-sm text-ink-2">
              {provider === "kubernetes" ? "Claims with AgentRun's label" : "Folders with AgentRun's mark"} without a
              session. A cleanup never touches them.
            </p>
            <Button size="sm" disabled={query.isFetching} onClick={() => void query.refetch()}>
              {query.isFetching ? "Refreshing…" : "Refresh"}
            </Button>
          </div>
          {items.length === 0 ? (
            <EmptyState title="No orphans">Every volume belongs to a session.</EmptyState>
          ) : (
            <div className="bg-panel">
              <Table
                label="Orphans"
                rows={items}
                columns={columnsOf(items, setDialog)}
                keyOf={(orphan) => `${orphan.namespace}/${orphan.name}`}
              />
              <p className="p-4 text-center text-xs text-ink-3">
                {formatPlural(items.length, "orphan")}
                {hasMore && ". There are more: deal with these first"}
              </p>
            </div>
          )}
          {dialog?.action === "adopt" && <AdoptDialog orphan={dialog.orphan} onClose={() => setDialog(null)} />}
          {dialog?.action === "delete" && <DeleteOrphanDialog orphan={dialog.orphan} onClose={() => setDialog(null)} />}
        </>
      )}
    </QueryView>
  );
}

function columnsOf(orphans: readonly OrphanVolume[], openDialog: (dialog: OpenDialog) => void): Column<OrphanVolume>[] {
  const columns: Column<OrphanVolume>[] = [
    {
      name: "Volume",
      isLead: true,
      cell: (orphan) => (
        <span className="flex flex-col">
          <Id id={orphan.name} />
          <span className="text-2xs text-ink-3">
            {revealHidden(orphan.namespace)} · {revealHidden(orphan.phase)}
          </span>
        </span>
      ),
    },
    {
      name: "Labelled as",
      cell: (orphan) =>
        orphan.sessionId === null ? (
          <span className="text-xs text-ink-3">nothing</span>
        ) : (
          <span className="flex flex-col">
            <Id id={orphan.sessionId} />
            <span className="text-2xs text-ink-3">
              {revealHidden(orphan.tenantId ?? "No tenant")} / {revealHidden(orphan.projectId ?? "No project")}
            </span>
          </span>
        ),
    },
    {
      name: "Requested",
      className: "whitespace-nowrap tabular-nums text-xs sm:text-right",
      cell: (orphan) =>
        orphan.requestedBytes === null ? (
          <span className="text-ink-3">unknown</span>
        ) : (
          formatBytes(orphan.requestedBytes)
        ),
    },
    {
      name: "Made",
      className: "whitespace-nowrap text-xs text-ink-2",
      cell: (orphan) => <Time at={orphan.createdAt} />,
    },
    {
      name: "Why",
      className: "text-xs text-ink-2 sm:w-1/3 max-sm:w-full",
      cell: (orphan) => revealHidden(orphan.reason),
    },
    {
      name: "Actions",
      isNameHidden: true,
      className: "whitespace-nowrap text-right",
      cell: (orphan) => (
        <span className="flex gap-2 sm:justify-end">
          <Button size="sm" onClick={() => openDialog({ orphan, action: "adopt" })}>
            Adopt…
          </Button>
          <Button size="sm" className="text-bad" onClick={() => openDialog({ orphan, action: "delete" })}>
            Delete…
          </Button>
        </span>
      ),
    },
  ];
  // A folder is asked for in no size.
  const hasSizes = orphans.some((orphan) => orphan.requestedBytes !== null);
  return columns.filter((column) => hasSizes || column.name !== "Requested");
}
