"use client";
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { X } from "lucide-react";
import Link from "next/link";
import { useState } from "react";
import { toast } from "sonner";
import { taskAddress } from "@/components/shell/addresses";
import { useCanOperate } from "@/components/shell/identity";
import { useTRPC } from "@/components/trpc/client";
import { readError } from "@/components/trpc/errors";
import { bulkResultPages, newestBulk } from "@/components/trpc/lists";
import { Button } from "@/components/ui/button";
import { useHydratedNow } from "@/components/ui/clock";
import { Dialog } from "@/components/ui/dialog";
import { formatPlural, shortenId } from "@/components/ui/format";
import { LoadMore } from "@/components/ui/load-more";
import { QueryView } from "@/components/ui/query-view";
import type { BulkAction } from "@/contract/queue-bulk";

/** What has ended is shown this much longer, unless somebody takes it away. */
const SHOWN_MS = 120_000;
const DONE: Record<BulkAction["action"], string> = {
  cancel: "cancelled",
  retry: "sent again",
  reprioritise: "given another priority",
  move: "moved",
};
const DOING: Record<BulkAction["action"], string> = {
  cancel: "Cancelling",
  retry: "Retrying",
  reprioritise: "Setting the priority of",
  move: "Moving",
};

/** Actions on many tasks that are under way, or that have just ended; also those that began in another tab. */
export function BulkProgress() {
  const trpc = useTRPC();
  const nowMs = useHydratedNow();
  const [dismissed, setDismissed] = useState<ReadonlySet<string>>(new Set());
  const bulks = useQuery(newestBulk(trpc)).data?.items ?? [];
  const shown = bulks.filter(
    (bulk) =>
      !dismissed.has(bulk.id) &&
      (bulk.endedAt === null || (nowMs !== null && nowMs - Date.parse(bulk.endedAt) < SHOWN_MS)),
  );
  if (shown.length === 0) return null;
  return (
    <ul aria-label="Actions on many tasks" className="flex flex-col border-b bg-panel">
      {shown.map((bulk) => (
        <BulkRow key={bulk.id} bulk={bulk} onDismiss={() => setDismissed(new Set([...dismissed, bulk.id]))} />
      ))}
    </ul>
  );
}

function BulkRow({ bulk, onDismiss }: { bulk: BulkAction; onDismiss: () => void }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const canOperate = useCanOperate();
  const [isOpen, setIsOpen] = useState(false);
  const abort = useMutation(
    trpc.queue.abortBulk.mutationOptions({
      onSuccess: () => void client.invalidateQueries({ queryKey: trpc.queue.listBulk.pathKey() }),
      onError: (error) => void toast.error(readError(error).message),
    }),
  );
  const dealtWith = bulk.done + bulk.unchanged + bulk.refused;
  const isUnderWay = bulk.endedAt === null;
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2 text-xs not-last:border-b lg:px-6">
      <span role="status" className="font-medium">
        {isUnderWay
          ? `${DOING[bulk.action]} ${formatPlural(bulk.total, "task")}`
          : `${bulk.state === "aborted" ? "Broken off: " : ""}${formatPlural(bulk.done, "task")} ${DONE[bulk.action]}`}
      </span>
      {isUnderWay && (
        <progress
          aria-label={`${DOING[bulk.action]} tasks`}
          className="h-1.5 w-32 overflow-hidden rounded-full [&::-webkit-progress-bar]:bg-sunken [&::-webkit-progress-value]:bg-accent-fill"
          max={Math.max(1, bulk.total)}
          value={dealtWith}
        />
      )}
      <span className="text-ink-2 tabular-nums">
        {dealtWith.toLocaleString("en")} of {bulk.total.toLocaleString("en")}
        {bulk.unchanged > 0 && `, ${bulk.unchanged.toLocaleString("en")} unchanged`}
        {bulk.refused > 0 && <span className="text-warn">, {bulk.refused.toLocaleString("en")} refused</span>}
      </span>
      <span className="ml-auto flex items-center gap-1">
        {dealtWith > 0 && (
          <Button size="sm" look="ghost" onClick={() => setIsOpen(true)}>
            Each task
          </Button>
        )}
        {isUnderWay && canOperate && (
          <Button size="sm" disabled={abort.isPending} onClick={() => abort.mutate({ bulkId: bulk.id })}>
            Break off
          </Button>
        )}
        {!isUnderWay && (
          <Button size="icon-sm" look="ghost" aria-label="Take this away" onClick={onDismiss}>
            <X aria-hidden className="size-3.5" />
          </Button>
        )}
      </span>
      {isOpen && <ResultsDialog bulk={bulk} onClose={() => setIsOpen(false)} />}
    </li>
  );
}

function ResultsDialog({ bulk, onClose }: { bulk: BulkAction; onClose: () => void }) {
  const trpc = useTRPC();
  const query = useInfiniteQuery(bulkResultPages(trpc, bulk.id, bulk.refused > 0 ? "refused" : undefined));
  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title="What became of each task"
      description={bulk.refused > 0 ? "Those that were refused." : undefined}
    >
      <QueryView query={query}>
        {(data) => (
          <>
            <ul className="flex flex-col text-xs">
              {data.pages
                .flatMap((page) => page.items)
                .map((result) => (
                  <li key={result.taskId} className="flex flex-wrap gap-x-3 border-b py-1.5">
                    <Link href={taskAddress(result.taskId)} className="font-mono text-accent hover:underline">
                      {shortenId(result.taskId)}
                    </Link>
                    <span>{result.outcome}</span>
                    <span className="min-w-0 text-ink-2">{result.message}</span>
                  </li>
                ))}
            </ul>
            <p className="flex justify-center pt-3">
              <LoadMore query={query} />
            </p>
          </>
        )}
      </QueryView>
    </Dialog>
  );
}
