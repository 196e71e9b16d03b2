"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { X } from "lucide-react";
import dynamic from "next/dynamic";
import { useState } from "react";
import { useCanOperate } from "@/components/shell/identity";
import { useTRPC } from "@/components/trpc/client";
import { Button } from "@/components/ui/button";
import { toastError } from "@/components/ui/error-toast";
import { formatPlural } from "@/components/ui/format";
import type { BulkAction } from "@/contract/bulk";
import { ONE, wordsOf } from "./verbs";

const ResultsDialog = dynamic(() => import("./results-dialog").then((module) => module.ResultsDialog), { ssr: false });

/** One action on many: how far it is, and what can still be done about it. */
export function BulkRow({ bulk, onDismiss }: { bulk: BulkAction; onDismiss: () => void }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const canOperate = useCanOperate();
  const [isOpen, setIsOpen] = useState(false);
  const outcome = {
    onSuccess: () => void client.invalidateQueries({ queryKey: trpc.bulk.list.pathKey() }),
    onError: (error: unknown) => toastError(error),
  };
  const abort = useMutation(trpc.bulk.abort.mutationOptions(outcome));
  const retry = useMutation(trpc.bulk.retry.mutationOptions(outcome));
  const dealtWith = bulk.done + bulk.unchanged + bulk.refused;
  const isUnderWay = bulk.endedAt === null;
  const one = ONE[bulk.kind];
  const words = wordsOf(bulk.kind, bulk.action);
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2 text-xs not-last:border-b lg:px-6">
      <span role="status" className="font-medium">
        {isUnderWay
          ? `${words.doing} ${formatPlural(bulk.total, one)}`
          : `${bulk.state === "aborted" ? "Broken off: " : ""}${formatPlural(bulk.done, one)} ${words.done}`}
      </span>
      {isUnderWay && (
        <progress
          aria-label={`${words.doing} ${one}s`}
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
            Each {one}
          </Button>
        )}
        {isUnderWay && canOperate && (
          <Button size="sm" disabled={abort.isPending} onClick={() => abort.mutate({ bulkId: bulk.id })}>
            Break off
          </Button>
        )}
        {!isUnderWay && canOperate && bulk.refused > 0 && bulk.action !== "evict" && (
          <Button size="sm" disabled={retry.isPending} onClick={() => retry.mutate({ bulkId: bulk.id })}>
            Retry the refused
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
