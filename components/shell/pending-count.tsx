"use client";
import { useQuery } from "@tanstack/react-query";
import { useTRPC } from "@/components/trpc/client";
import { cn } from "@/components/ui/class-names";

const SHOWN_MAX = 99;

/** How many approvals wait for a person. */
export function PendingCount({ className }: { className?: string }) {
  const trpc = useTRPC();
  const pending = useQuery(
    trpc.approvals.list.queryOptions({ status: "pending", limit: SHOWN_MAX + 1 }, { refetchInterval: 60_000 }),
  );
  const count = pending.data?.items.length ?? 0;
  if (count === 0) return null;
  return (
    <span className={cn("rounded-full bg-warn-soft px-1.5 text-2xs font-semibold text-warn tabular-nums", className)}>
      {count > SHOWN_MAX ? `${SHOWN_MAX}+` : count}
      <span className="sr-only"> waiting</span>
    </span>
  );
}
