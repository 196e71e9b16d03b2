"use client";
import { useInfiniteQuery } from "@tanstack/react-query";
import Link from "next/link";
import { runAddress } from "@/components/shell/addresses";
import { useTRPC } from "@/components/trpc/client";
import { attemptPages } from "@/components/trpc/lists";
import { cn } from "@/components/ui/class-names";
import { revealHidden } from "@/components/ui/hidden-characters";
import { Panel } from "@/components/ui/page";
import { stateStyle, TONE_TEXT } from "@/components/ui/state";
import { Time } from "@/components/ui/time/time";
import type { QueueTask } from "@/contract/queue";
import { type LifecycleEvent, lifecycleOf } from "./lifecycle";

/** What has happened to a task, and what is to come, as a line. */
export function TaskLifecycle({ task }: { task: QueueTask }) {
  const trpc = useTRPC();
  const attempts = useInfiniteQuery(attemptPages(trpc, task.id)).data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Panel title="History">
      <ol className="flex flex-col p-4">
        {lifecycleOf(task, attempts).map((event) => (
          <MomentItem key={event.key} event={event} />
        ))}
      </ol>
    </Panel>
  );
}

function MomentItem({ event }: { event: LifecycleEvent }) {
  const style = stateStyle(event.state);
  const Icon = style.icon;
  return (
    <li
      className={cn(
        "relative flex gap-3 pb-3 text-xs before:absolute before:top-5 before:bottom-0 before:left-[0.4375rem] before:w-px before:bg-line last:pb-0 last:before:hidden",
        event.isAhead && "text-ink-3",
      )}
    >
      <Icon
        aria-hidden
        className={cn("mt-0.5 size-3.5 shrink-0", event.isAhead ? "text-ink-3" : TONE_TEXT[style.tone])}
      />
      <span className="min-w-0 flex-1 wrap-anywhere">
        {revealHidden(event.text)}
        {event.runId !== null && (
          <>
            {" "}
            <Link href={runAddress(event.runId)} className="text-accent underline underline-offset-2">
              View run
            </Link>
          </>
        )}
      </span>
      <Time at={event.at} className="shrink-0 text-ink-3" />
    </li>
  );
}
