"use client";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useId } from "react";
import { conditionOf } from "@/components/backends/condition";
import { useTRPC } from "@/components/trpc/client";
import { backendsLive } from "@/components/trpc/lists";
import { State } from "@/components/ui/state";
import { useNow } from "@/components/ui/time/clock";

/** How each configured backend stands, in a word. */
export function BackendsStrip() {
  const trpc = useTRPC();
  const query = useQuery(backendsLive(trpc));
  const nowMs = useNow();
  const titleId = useId();
  const backends = (query.data?.items ?? []).filter(({ isConfigured, disabled }) => isConfigured || disabled !== null);
  if (backends.length === 0) return null;
  return (
    <section aria-labelledby={titleId} className="flex shrink-0 flex-wrap items-center gap-2">
      <h2 id={titleId} className="mr-1 text-sm font-semibold">
        Backends
      </h2>
      <ul aria-labelledby={titleId} className="contents">
        {backends.map((backend) => {
          const { state, word, tone, why } = conditionOf(backend, nowMs);
          return (
            <li key={backend.profile}>
              <Link
                href="/backends"
                title={why ?? undefined}
                className="flex items-center gap-2 rounded-lg border bg-panel px-3 py-1.5 text-xs hover:bg-hover"
              >
                <span className="font-medium">{backend.profile}</span>
                <State state={state} word={word} tone={tone} isIconless />
                {backend.tasks.running > 0 && (
                  <span className="text-ink-3 tabular-nums">{backend.tasks.running.toLocaleString("en")} running</span>
                )}
              </Link>
            </li>
          );
        })}
      </ul>
    </section>
  );
}
