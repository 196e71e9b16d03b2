"use client";
import { useQuery } from "@tanstack/react-query";
import { OctagonPause } from "lucide-react";
import type { ReactNode } from "react";
import { operatorName } from "@/components/shell/operator-name";
import { useTRPC } from "@/components/trpc/client";
import { newestCollection } from "@/components/trpc/lists";
import { revealHidden } from "@/components/ui/hidden-characters";
import { useHydratedNow } from "@/components/ui/time/clock";
import { Time } from "@/components/ui/time/time";
import { explainBreaker } from "./explain";

/** Says that somebody has paused the clean-up, or that it has stopped itself, and why. */
export function BreakerBanner() {
  const query = useQuery(newestCollection(useTRPC()));
  const nowMs = useHydratedNow();
  const pause = query.data?.schedule.pause ?? null;
  if (pause !== null)
    return (
      <Banner>
        <b className="font-semibold">Cleanup paused</b> by {operatorName(pause.by)} <Time at={pause.at} />:{" "}
        {revealHidden(pause.reason)}
      </Banner>
    );
  const newest = query.data?.items[0];
  const breaker = nowMs === null ? null : explainBreaker(newest, nowMs);
  if (newest === undefined || breaker === null) return null;
  return (
    <Banner>
      <b className="font-semibold">Cleanup stopped itself</b> <Time at={newest.at} />: {breaker}
    </Banner>
  );
}

function Banner({ children }: { children: ReactNode }) {
  return (
    <p role="status" className="flex items-start gap-2 border-b bg-bad-soft px-4 py-2 text-xs text-bad lg:px-6">
      <OctagonPause aria-hidden className="mt-px size-4 shrink-0" />
      <span className="min-w-0 wrap-anywhere">{children}</span>
    </p>
  );
}
