"use client";
import { ArrowRight, Hand, type LucideIcon, OctagonPause, OctagonX, TriangleAlert } from "lucide-react";
import Link from "next/link";
import { useState } from "react";
import { storageAddress, taskAddress } from "@/components/shell/addresses";
import { useCanOperate } from "@/components/shell/identity";
import { Button, buttonStyle } from "@/components/ui/button";
import { Panel } from "@/components/ui/page";
import { ShowAll } from "@/components/ui/show-all";
import { Time } from "@/components/ui/time";
import type { QueueAttention } from "@/contract/queue-commander";
import type { QueueControl } from "@/contract/queue-control";
import { sentence } from "./explain";
import { isSamePlace, nameOfPlace, useControl, useMayChange } from "./use-control";
import { useRetry } from "./use-retry";

/** More than these, and the rest is asked for. */
const SHOWN = 5;
const ICONS: Record<QueueAttention["kind"], LucideIcon> = {
  "dead-letter": OctagonX,
  parked: Hand,
  approval: Hand,
  "session-evicted": TriangleAlert,
  paused: OctagonPause,
};

type AttentionProps = { items: readonly QueueAttention[]; controls: readonly QueueControl[] };

/** What goes on only when a person does something, each with what that is. */
export function Attention({ items, controls }: AttentionProps) {
  const [isWhole, setIsWhole] = useState(false);
  return (
    <Panel
      title={`Needs a person (${items.length})`}
      className="border-warn/50"
      actions={<ShowAll count={items.length} shown={SHOWN} isWhole={isWhole} onChange={setIsWhole} />}
    >
      <ul className="flex flex-col">
        {(isWhole ? items : items.slice(0, SHOWN)).map((item) => (
          <AttentionItem key={JSON.stringify(item)} item={item} controls={controls} />
        ))}
      </ul>
    </Panel>
  );
}

function AttentionItem({ item, controls }: { item: QueueAttention; controls: readonly QueueControl[] }) {
  const Icon = ICONS[item.kind] ?? TriangleAlert;
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-2 text-sm not-last:border-b">
      <Icon aria-hidden className="size-4 shrink-0 text-warn" />
      <span className="min-w-0 flex-1 max-sm:basis-3/4">
        {item.taskId !== null && (
          <Link href={taskAddress(item.taskId)} className="font-medium hover:underline">
            {item.title ?? item.taskId}
          </Link>
        )}
        {item.taskId !== null && ": "}
        <span className="text-ink-2">{item.taskId === null ? sentence(item.message) : item.message}</span>
      </span>
      <Time at={item.since} className="text-xs text-ink-3" />
      <Fix item={item} controls={controls} />
    </li>
  );
}

/** The one thing to do about it. */
function Fix({ item, controls }: { item: QueueAttention; controls: readonly QueueControl[] }) {
  const canOperate = useCanOperate();
  const mayChange = useMayChange();
  const retry = useRetry();
  const { set, isPending } = useControl();
  const { taskId } = item;
  if (item.kind === "paused") {
    const control = controls.find((known) => known.state === "paused" && isSamePlace(known, item));
    if (control === undefined || !mayChange(control)) return null;
    return (
      <Button
        size="sm"
        disabled={isPending}
        aria-label={`Let ${nameOfPlace(control)} go on`}
        onClick={() => set(control, { state: "open", reason: null })}
      >
        Go on
      </Button>
    );
  }
  if (item.kind === "approval" && taskId !== null) return <Go href={taskAddress(taskId)} name="Decide" />;
  if (item.kind === "session-evicted" && item.sessionId !== null)
    return <Go href={storageAddress(item.sessionId)} name="Restore" />;
  if (taskId === null || !canOperate) return null;
  return (
    <Button
      size="sm"
      disabled={retry.isPending}
      aria-label={`Retry ${item.title ?? taskId}`}
      onClick={() => retry.mutate({ taskId })}
    >
      Retry
    </Button>
  );
}

function Go({ href, name }: { href: string; name: string }) {
  return (
    <Link href={href} className={buttonStyle({ size: "sm" })}>
      {name} <ArrowRight aria-hidden className="size-3.5" />
    </Link>
  );
}
