"use client";
import { X } from "lucide-react";
import Link from "next/link";
import { bulkAddress } from "@/components/shell/addresses";
import { Button, buttonStyle } from "@/components/ui/button";
import { revealHidden } from "@/components/ui/hidden-characters";
import type { BulkAction } from "@/contract/bulk";
import { followUpsOf } from "./follow-ups";
import { Counts, ProgressBar, progressOf } from "./progress";
import { useBulkActions } from "./use-bulk-actions";
import { wordsOf } from "./verbs";

type BulkRowProps = {
  bulk: BulkAction;
  /** The newest actions of its kind: what follows it is among them. */
  listed: readonly BulkAction[];
  onDismiss: () => void;
};

/** One action on many: how far it is, and what can still be done about it. */
export function BulkRow({ bulk, listed, onDismiss }: BulkRowProps) {
  const { abort, retry, undo } = useBulkActions(bulk, followUpsOf(bulk, listed));
  const { isRunning, title } = progressOf(bulk);
  // What is done at once has its undo where it was begun.
  const isConfirmed = wordsOf(bulk.kind, bulk.action).isAtOnce !== true;
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2 text-xs not-last:border-b lg:px-6">
      <span role="status" className="font-medium">
        {revealHidden(title)}
      </span>
      {isRunning && <ProgressBar bulk={bulk} className="w-32" />}
      <span className="text-ink-2">
        <Counts bulk={bulk} />
      </span>
      <span className="ml-auto flex items-center gap-1">
        <Link href={bulkAddress(bulk.id)} prefetch={false} className={buttonStyle({ size: "sm", variant: "ghost" })}>
          View results
        </Link>
        {isConfirmed && undo !== null && (
          <Button size="sm" disabled={undo.isPending} onClick={undo.run}>
            Undo
          </Button>
        )}
        {abort !== null && (
          <Button size="sm" disabled={abort.isPending} onClick={abort.run}>
            Stop
          </Button>
        )}
        {retry !== null && (
          <Button size="sm" disabled={retry.isPending} onClick={retry.run}>
            Retry rejected
          </Button>
        )}
        {!isRunning && (
          <Button size="icon-sm" variant="ghost" aria-label="Dismiss" onClick={onDismiss}>
            <X aria-hidden className="size-3.5" />
          </Button>
        )}
      </span>
    </li>
  );
}
