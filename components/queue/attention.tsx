"use client";
import { GitMerge, Hand, type LucideIcon, OctagonPause, OctagonX, TriangleAlert } from "lucide-react";
import Link from "next/link";
import { useState } from "react";
import { countOf } from "@/components/overview/need-rows";
import { taskAddress } from "@/components/shell/addresses";
import { sentence } from "@/components/ui/format";
import { showTricks } from "@/components/ui/hidden-text";
import { Panel } from "@/components/ui/page";
import { ShowAll } from "@/components/ui/show-all";
import { Time } from "@/components/ui/time";
import type { QueueAttention, QueueCommander } from "@/contract/queue-commander";
import { Fix } from "./fix";

/** More than these, and the rest is asked for. */
const SHOWN = 5;
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
  return (
    <Panel
      title={`Needs a person (${countOf(counts)})`}
      className="border-warn/50"
      actions={<ShowAll count={items.length} shown={SHOWN} isWhole={isWhole} onChange={setIsWhole} />}
    >
      <ul className="flex flex-col">
        {(isWhole ? items : items.slice(0, SHOWN)).map((item) => (
          <AttentionItem key={JSON.stringify(item)} item={item} />
        ))}
      </ul>
    </Panel>
  );
}

function AttentionItem({ item }: { item: QueueAttention }) {
  const Icon = ICONS[item.kind] ?? TriangleAlert;
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2 text-sm not-last:border-b">
      <Icon aria-hidden className="size-4 shrink-0 text-warn" />
      <span className="min-w-0 flex-1 max-sm:basis-3/4">
        {item.taskId !== null && (
          <Link href={taskAddress(item.taskId)} className="font-medium hover:underline">
            {showTricks(item.title) ?? item.taskId}
          </Link>
        )}
        {item.taskId !== null && ": "}
        <span className="text-ink-2">
          {item.taskId === null ? showTricks(sentence(item.message)) : showTricks(item.message)}
        </span>
      </span>
      <Time at={item.since} className="text-xs text-ink-3" />
      <Fix item={item} />
    </li>
  );
}
