"use client";
import { GitMerge, Hand, type LucideIcon, OctagonPause, OctagonX, TriangleAlert } from "lucide-react";
import Link from "next/link";
import { useState } from "react";
import { countOf } from "@/components/overview/need-rows";
import { type Cause, causesOf } from "@/components/queue/task/causes";
import { Fix } from "@/components/queue/task/fix";
import { taskAddress } from "@/components/shell/addresses";
import { useCanOperate } from "@/components/shell/identity";
import { Button } from "@/components/ui/button";
import { sentence } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { ShowAll } from "@/components/ui/list/show-all";
import { Panel } from "@/components/ui/page";
import { Time } from "@/components/ui/time/time";
import type { QueueAttention, QueueCommander } from "@/contract/queue-commander";
import { useRetry } from "./use-retry";

/** More than these, and the rest is asked for: the tasks below are not to be pushed out of sight. */
const CAUSES_SHOWN = 3;
const ICONS: Record<QueueAttention["kind"], LucideIcon> = {
  "dead-letter": OctagonX,
  parked: Hand,
  approval: Hand,
  "dependency-failed": GitMerge,
  "session-evicted": TriangleAlert,
  paused: OctagonPause,
};

type AttentionProps = { items: readonly QueueAttention[]; counts: QueueCommander["attentionCounts"] };

/** What goes on only when a person does something, each with what that is. */
export function Attention({ items, counts }: AttentionProps) {
  const [isWhole, setIsWhole] = useState(false);
  const causes = causesOf(items);
  return (
    <Panel
      title={`Needs attention (${countOf(counts)})`}
      className="border-warn/50"
      actions={<ShowAll count={causes.length} shown={CAUSES_SHOWN} isWhole={isWhole} onChange={setIsWhole} />}
    >
      <ul className="flex flex-col">
        {(isWhole ? causes : causes.slice(0, CAUSES_SHOWN)).map((cause) => (
          <CauseRow key={JSON.stringify(cause[0])} cause={cause} />
        ))}
      </ul>
    </Panel>
  );
}

function CauseRow({ cause }: { cause: Cause }) {
  const [item] = cause;
  const Icon = ICONS[item.kind] ?? TriangleAlert;
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2 text-sm not-last:border-b">
      <Icon aria-hidden className="size-4 shrink-0 text-warn" />
      <span className="min-w-0 flex-1 max-sm:basis-3/4">
        {cause.length > 1 ? (
          <span className="font-medium">{cause.length} tasks: </span>
        ) : (
          item.taskId !== null && (
            <>
              <Link href={taskAddress(item.taskId)} className="font-medium hover:underline">
                {revealHidden(item.title) ?? item.taskId}
              </Link>
              {": "}
            </>
          )
        )}
        <span className="text-ink-2">
          {item.taskId === null ? revealHidden(sentence(item.message)) : revealHidden(item.message)}
        </span>
      </span>
      <Time at={item.since} className="text-xs text-ink-3" />
      {cause.length > 1 ? <RetryAll cause={cause} /> : <Fix item={item} />}
    </li>
  );
}

function RetryAll({ cause }: { cause: Cause }) {
  const canOperate = useCanOperate();
  const retry = useRetry();
  if (!canOperate) return null;
  return (
    <Button
      size="sm"
      data-fix
      disabled={retry.isPending}
      aria-label={`Retry all ${cause.length} tasks`}
      onClick={() => {
        for (const { taskId } of cause) if (taskId !== null) retry.mutate({ taskId });
      }}
    >
      Retry all
    </Button>
  );
}
