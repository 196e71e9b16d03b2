"use client";
import { useQuery } from "@tanstack/react-query";
import { OctagonPause } from "lucide-react";
import { useTRPC } from "@/components/trpc/client";
import { newestCollection } from "@/components/trpc/lists";
import { useHydratedNow } from "@/components/ui/clock";
import { Time } from "@/components/ui/time";
import { explainBreaker } from "./explain";

/** Says that the clean-up has stopped itself, and why. */
export function BreakerBanner() {
  const query = useQuery(newestCollection(useTRPC()));
  const nowMs = useHydratedNow();
  const newest = query.data?.items[0];
  const breaker = nowMs === null ? null : explainBreaker(newest, nowMs);
  if (newest === undefined || breaker === null) return null;
  return (
    <p role="status" className="flex items-start gap-2 border-b bg-bad-soft px-4 py-2 text-xs text-bad lg:px-6">
      <OctagonPause aria-hidden className="mt-px size-4 shrink-0" />
      <span>
        <b className="font-semibold">The clean-up has stopped itself</b> <Time at={newest.at} />: {breaker}
      </span>
    </p>
  );
}
