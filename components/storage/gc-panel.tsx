"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { toast } from "sonner";
import { useIdentity } from "@/components/shell/identity";
import { useTRPC } from "@/components/trpc/client";
import { readError } from "@/components/trpc/errors";
import { Button } from "@/components/ui/button";
import { DangerDialog } from "@/components/ui/danger-dialog";
import { formatPlural, shortenId } from "@/components/ui/format";
import type { GcEntry, GcReport } from "@/contract/storage";

/** The clean-up of expired sessions' volumes: a dry run that says why for every row, then the run itself. */
export function GcPanel() {
  const trpc = useTRPC();
  const client = useQueryClient();
  const { role } = useIdentity();
  const [report, setReport] = useState<GcReport | null>(null);
  const [isAsking, setIsAsking] = useState(false);
  const gc = useMutation(
    trpc.storage.gc.mutationOptions({
      onSuccess: (answer) => {
        setReport(answer);
        setIsAsking(false);
        if (answer.dryRun) return;
        void client.invalidateQueries({ queryKey: trpc.storage.pathKey() });
        toast.success(`Evicted ${formatPlural(answer.evicted.length, "volume")}`);
      },
      onError: (error) => toast.error(readError(error).message),
    }),
  );
  if (role === "viewer") return null;
  return (
    <section aria-label="Clean-up" className="flex flex-col gap-3 px-4 py-3 lg:px-6">
      <div className="flex flex-wrap items-center gap-2">
        <Button onClick={() => gc.mutate({ dryRun: true })} disabled={gc.isPending}>
          {gc.isPending ? "Looking…" : "What would the clean-up do?"}
        </Button>
        {report?.dryRun === true && report.evicted.length > 0 && (
          <Button onClick={() => setIsAsking(true)} disabled={gc.isPending}>
            Evict {formatPlural(report.evicted.length, "volume")}…
          </Button>
        )}
        <p className="text-xs text-ink-3">Never a session that is in use, nor one whose last turn is not archived.</p>
      </div>
      {report !== null && <Report report={report} />}
      {report !== null && (
        <DangerDialog
          isOpen={isAsking}
          onOpenChange={setIsAsking}
          title="Run the clean-up"
          consequence={`Moves at most 50 volumes a step on, of those listed. Their sessions stay and can be restored from the archive.`}
          typed={String(report.evicted.length)}
          action="Evict"
          isPending={gc.isPending}
          onConfirm={() => gc.mutate({ dryRun: false })}
        />
      )}
    </section>
  );
}

function Report({ report }: { report: GcReport }) {
  return (
    <div className="grid gap-3 md:grid-cols-3" role="status">
      <Entries title={report.dryRun ? "Would be evicted" : "Evicted"} entries={report.evicted} />
      <Entries title={report.dryRun ? "Would move on" : "Moved on"} entries={report.advanced} />
      <Entries title="Kept" entries={report.kept} />
    </div>
  );
}

function Entries({ title, entries }: { title: string; entries: readonly GcEntry[] }) {
  return (
    <div className="min-w-0 rounded-md border bg-panel">
      <h2 className="border-b px-3 py-1.5 text-xs font-semibold">
        {title} <span className="text-ink-3">{entries.length}</span>
      </h2>
      <ul className="scroll-thin max-h-48 overflow-y-auto p-1 text-xs">
        {entries.map((entry) => (
          <li key={entry.sessionId} className="flex flex-wrap gap-x-2 px-2 py-1">
            <code title={entry.sessionId}>{shortenId(entry.sessionId)}</code>{" "}
            <span className="text-ink-2">{entry.reason}</span>
          </li>
        ))}
        {entries.length === 0 && <li className="px-2 py-1 text-ink-3">none</li>}
      </ul>
    </div>
  );
}
