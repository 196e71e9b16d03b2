"use client";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { toast } from "sonner";
import { useCanOperate, useIdentity } from "@/components/shell/identity";
import { useTRPC } from "@/components/trpc/client";
import { newestCollection } from "@/components/trpc/lists";
import { Button } from "@/components/ui/button";
import { type Call, copyCurl } from "@/components/ui/curl/curl";
import { CurlMenu } from "@/components/ui/curl/curl-menu";
import { DangerDialog } from "@/components/ui/dialog/danger-dialog";
import { ErrorNote } from "@/components/ui/error/error-note";
import { formatBytes, formatDuration, formatPlural } from "@/components/ui/format";
import { MenuItem } from "@/components/ui/menu/menu";
import { Panel } from "@/components/ui/page";
import { Countdown, Time } from "@/components/ui/time/time";
import type { GcInput, GcReport } from "@/contract/storage";
import { CleanUpHistory } from "./clean-up-history";
import { CleanUpReport } from "./clean-up-report";
import { GcPauseButton, pausing } from "./gc-pause";

/** The clean-up of expired volumes: what it would do, having it done, and what it did. */
export function CleanUpView() {
  return (
    <div className="flex flex-col gap-4 p-4 lg:p-6">
      <CleanUpPanel />
      <CleanUpHistory />
    </div>
  );
}

function CleanUpPanel() {
  const trpc = useTRPC();
  const client = useQueryClient();
  const canOperate = useCanOperate();
  const isAllTenants = useIdentity().tenantId === null;
  const pause = useQuery(newestCollection(trpc)).data?.schedule.pause ?? null;
  const [report, setReport] = useState<GcReport | null>(null);
  const [isAsking, setIsAsking] = useState(false);
  const gc = useMutation(
    trpc.storage.gc.mutationOptions({
      onSuccess: (answer) => {
        setReport(answer);
        setIsAsking(false);
        if (answer.dryRun) return;
        void client.invalidateQueries({ queryKey: trpc.storage.pathKey() });
        toast.success(
          `Evicted ${formatPlural(answer.totals.evicted.volumes, "volume")}, ${formatBytes(answer.totals.evicted.bytes)}`,
        );
      },
    }),
  );
  const count = report?.dryRun === true ? report.totals.evicted.volumes : 0;
  const plan = { evicted: report?.evicted.map(({ sessionId }) => sessionId) ?? [] };
  return (
    <Panel
      title="Expired volumes"
      actions={
        canOperate && (
          <div className="flex flex-wrap justify-end gap-2">
            {isAllTenants && <GcPauseButton pause={pause} />}
            <Button size="sm" onClick={() => gc.mutate({ dryRun: true })} disabled={gc.isPending}>
              {gc.isPending ? "Running…" : "Dry run"}
            </Button>
            <CleanUpCurls isAllTenants={isAllTenants} isPaused={pause !== null} />
            <Button
              size="sm"
              variant="danger"
              onClick={() => setIsAsking(true)}
              disabled={gc.isPending || count === 0 || pause !== null}
            >
              {count === 0 ? (
                "Run now…"
              ) : (
                <span>
                  Evict {count}
                  <span className="max-sm:sr-only"> {count === 1 ? "volume" : "volumes"}</span>…
                </span>
              )}
            </Button>
          </div>
        )
      }
    >
      <p className="px-4 py-3 text-sm text-ink-2">
        {pause === null ? <Schedule /> : "Paused. Nothing is evicted until someone resumes it."} It evicts volumes of
        expired sessions, longest expired first, but never one that is in use, pinned, or not archived since its last
        turn.
        {canOperate && report === null && " A dry run shows what it would do, and changes nothing."}
      </p>
      {!isAsking && <ErrorNote error={gc.error} className="mx-4 mb-3" />}
      {report !== null && <CleanUpReport report={report} />}
      {isAsking && (
        <DangerDialog
          isOpen
          onOpenChange={setIsAsking}
          title="Run cleanup?"
          consequence={`Evicts at most 50 volumes, longest expired first. The dry run found ${count}. Sessions stay and can be restored from the archive.`}
          typed={String(count)}
          action="Evict"
          isPending={gc.isPending}
          error={gc.error}
          curl={() => collecting(false, plan)}
          onConfirm={() => gc.mutate({ dryRun: false, plan })}
        />
      )}
    </Panel>
  );
}

const collecting = (dryRun: boolean, plan?: GcInput["plan"]): Call => ({
  ...{ method: "POST", path: "/sessions/storage/gc", body: { dryRun, plan } },
});

/** The calls of the API that tell of collections, try one, have one done, and stop or resume all of them. */
function CleanUpCurls({ isAllTenants, isPaused }: { isAllTenants: boolean; isPaused: boolean }) {
  const resume: Call = { method: "POST", path: "/storage/gc/resume", body: {} };
  return (
    <CurlMenu isSmall of="cleanup">
      <MenuItem onSelect={() => void copyCurl({ path: "/storage/history" })}>Copy history as curl</MenuItem>
      <MenuItem onSelect={() => void copyCurl(collecting(true))}>Copy dry run as curl</MenuItem>
      <MenuItem onSelect={() => void copyCurl(collecting(false))}>Copy run as curl</MenuItem>
      {isAllTenants && isPaused && <MenuItem onSelect={() => void copyCurl(resume)}>Copy resume as curl</MenuItem>}
      {isAllTenants && !isPaused && (
        <MenuItem onSelect={() => void copyCurl(pausing("why"))}>Copy pause as curl</MenuItem>
      )}
    </CurlMenu>
  );
}

/** How often it runs by itself, and when it did last. */
function Schedule() {
  const schedule = useQuery(newestCollection(useTRPC())).data?.schedule;
  if (schedule === undefined) return "Runs automatically.";
  const next =
    schedule.lastAt === null ? null : new Date(Date.parse(schedule.lastAt) + schedule.intervalMs).toISOString();
  return (
    <>
      Runs automatically every {formatDuration(schedule.intervalMs)}
      {next !== null && (
        <>
          : last <Time at={schedule.lastAt} className="font-medium text-ink" />, next{" "}
          <span className="font-medium text-ink">
            <Countdown to={next} past="any moment" />
          </span>{" "}
          at the latest
        </>
      )}
      .
    </>
  );
}
