"use client";
import { useInfiniteQuery } from "@tanstack/react-query";
import Link from "next/link";
import { runAddress } from "@/components/shell/addresses";
import { useTRPC } from "@/components/trpc/client";
import { attemptPages } from "@/components/trpc/lists";
import { cn } from "@/components/ui/class-names";
import { showTricks } from "@/components/ui/hidden-text";
import { Panel } from "@/components/ui/page";
import { lookOf, TONE_TEXT } from "@/components/ui/state";
import { Time } from "@/components/ui/time";
import type { QueueTask } from "@/contract/queue";
import { lifeOf, type Moment } from "./life";

/** What has happened to a task, and what is to come, as a line. */
export function TaskLife({ task }: { task: QueueTask }) {
  const trpc = useTRPC();
  const attempts = useInfiniteQuery(attemptPages(trpc, task.id)).data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Panel title="History">
      <ol className="flex flex-col p-4">
        {lifeOf(task, attempts).map((moment) => (
          <MomentItem key={moment.key} moment={moment} />
        ))}
      </ol>
    </Panel>
  );
}

function MomentItem({ moment }: { moment: Moment }) {
  const look = lookOf(moment.state);
  const Icon = look.icon;
  return (
    <li
      className={cn(
        "relative flex gap-3 pb-3 text-xs before:absolute before:top-5 before:bottom-0 before:left-[0.4375rem] before:w-px before:bg-line last:pb-0 last:before:hidden",
        moment.isAhead && "text-ink-3",
      )}
    >
      <Icon
        aria-hidden
        className={cn("mt-0.5 size-3.5 shrink-0", moment.isAhead ? "text-ink-3" : TONE_TEXT[look.tone])}
      />
      <span className="min-w-0 flex-1 wrap-anywhere">
        {showTricks(moment.text)}
        {moment.runId !== null && (
          <>
            {" "}
            <Link href={runAddress(moment.runId)} className="text-accent underline underline-offset-2">
              View run
            </Link>
          </>
        )}
      </span>
      <Time at={moment.at} className="shrink-0 text-ink-3" />
    </li>
  );
}
