"use client";
import { useQuery } from "@tanstack/react-query";
import { CircleAlert } from "lucide-react";
import dynamic from "next/dynamic";
import Link from "next/link";
import { runAddress } from "@/components/shell/addresses";
import { useIdentity } from "@/components/shell/identity";
import { explainKeeper, explainState } from "@/components/storage/explain";
import { ArchiveMark, Expiry } from "@/components/storage/facts";
import { Lifecycle } from "@/components/storage/lifecycle";
import { VolumeButtons } from "@/components/storage/volume-actions";
import { VolumeFill } from "@/components/storage/volume-fill";
import { useTRPC } from "@/components/trpc/client";
import { Id } from "@/components/ui/copy";
import { sentence, shortenId } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { Facts, Panel } from "@/components/ui/page";
import { QueryView } from "@/components/ui/query-view";
import { State } from "@/components/ui/state";
import { useHydratedNow } from "@/components/ui/time/clock";
import { Time } from "@/components/ui/time/time";
import type { SessionSummary } from "@/contract/session";
import type { StorageSummary } from "@/contract/storage";

const ForceArchiver = dynamic(() =>
  import("@/components/storage/force-archiver").then((module) => module.ForceArchiver),
);
const StorageGrowth = dynamic(() => import("./storage-growth").then((module) => module.StorageGrowth));

/** A session's volume: where it stands in its lifecycle, what it and its archive hold, and what can be done to it. */
export function StorageTab({ session }: { session: SessionSummary }) {
  const trpc = useTRPC();
  const storage = useQuery(trpc.storage.get.queryOptions({ sessionId: session.sessionId }));
  return (
    <div className="flex max-w-4xl flex-col gap-4 p-4 lg:p-6">
      <QueryView query={storage}>{(summary) => <Summary summary={summary} />}</QueryView>
      <StorageGrowth sessionId={session.sessionId} measuredAt={storage.data?.updatedAt ?? null} />
    </div>
  );
}

function Summary({ summary }: { summary: StorageSummary }) {
  const isAdmin = useIdentity().role === "admin";
  return (
    <>
      <Panel title="State">
        <div className="flex flex-col gap-4 p-4">
          <p className="flex flex-wrap items-center gap-2 text-sm">
            <State state={summary.storageState} word={revealHidden(sentence(summary.storageState))} />
            <span className="text-ink-2">{explainState(summary)}</span>
          </p>
          {summary.storageState !== "none" && <Lifecycle state={summary.storageState} />}
          <Next summary={summary} />
          {isAdmin && summary.archiveOrder?.state === "ending" && <ForceArchiver summary={summary} />}
          <VolumeButtons summary={summary} />
        </div>
      </Panel>
      <div className="grid gap-4 md:grid-cols-2">
        <Panel title="Volume">
          <div className="flex flex-col gap-3 p-4">
            <VolumeFill summary={summary} />
            <Facts
              items={[
                ["Name", summary.pvcName === null ? "None" : <Id key="name" id={summary.pvcName} />],
                ["Namespace", summary.namespace ?? "Unknown"],
                ["Phase", summary.pvcPhase ?? "None"],
                ["Used by run", <HeldBy key="run" runId={summary.activeRunId} />],
                ["Measured", <Time key="measured" at={summary.updatedAt} />],
                ["Rollouts folder", summary.codexRolloutSubdir],
                ["Evicted", summary.evictedAt === null ? null : <Time key="evicted" at={summary.evictedAt} />],
              ]}
            />
          </div>
        </Panel>
        <Panel title="Archive and expiry">
          <div className="p-4">
            <Facts
              items={[
                ["Archive", <ArchiveMark key="archive" summary={summary} />],
                ["Contains", archiveHolds(summary)],
                ["Digest", summary.sha256 === null ? "None yet" : <Id key="digest" id={summary.sha256} />],
                ["Expires", <Expiry key="expires" summary={summary} />],
                ["Pinned", summary.pinnedAt === null ? "No" : <Time key="pinned" at={summary.pinnedAt} />],
                [
                  "Policy",
                  summary.storagePolicy === "archive"
                    ? "Archive: removed only after its last turn is archived"
                    : "Discard: removed without an archive",
                ],
              ]}
            />
          </div>
        </Panel>
      </div>
    </>
  );
}

function archiveHolds({ restorable, isArchiveCurrent }: StorageSummary): string {
  if (!restorable) return "Nothing to restore yet";
  return isArchiveCurrent ? "Everything up to the last turn" : "An older turn; the last one is on the volume only";
}

function HeldBy({ runId }: { runId: string | null }) {
  if (runId === null) return <span>None</span>;
  return (
    <Link href={runAddress(runId)} title={runId} className="font-mono text-accent underline-offset-2 hover:underline">
      {shortenId(runId)}
    </Link>
  );
}

/** What the next clean-up would do, where there is something to say. */
function Next({ summary }: { summary: StorageSummary }) {
  const nowMs = useHydratedNow();
  const hasExpired = nowMs !== null && summary.collectableAt !== null && Date.parse(summary.collectableAt) <= nowMs;
  const isTaken = ["live", "archiving"].includes(summary.storageState) && hasExpired;
  if (summary.keeper === null && !isTaken) return null;
  return (
    <p className="flex items-start gap-2 rounded-md bg-sunken px-3 py-2 text-xs text-ink-2">
      <CircleAlert aria-hidden className="mt-px size-4 shrink-0 text-ink-3" />
      <span>
        {summary.keeper === null ? (
          "Expired: the next clean-up removes the volume."
        ) : (
          <>
            <b className="font-medium text-ink">Kept by clean-up.</b> {explainKeeper(summary.keeper)}
          </>
        )}
      </span>
    </p>
  );
}
