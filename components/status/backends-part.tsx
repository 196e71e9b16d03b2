"use client";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { conditionOf } from "@/components/backends/condition";
import { useTRPC } from "@/components/trpc/client";
import { backendsLive } from "@/components/trpc/lists";
import { State, type Tone } from "@/components/ui/state";
import { useNow } from "@/components/ui/time/clock";
import { Part } from "./status-part";

const WORST: Tone[] = ["bad", "warn", "quiet", "busy", "good"];

/** How each backend stands: that one has a configuration says nothing of whether it takes work. */
export function BackendsPart() {
  const query = useQuery(backendsLive(useTRPC()));
  const nowMs = useNow();
  if (query.data === undefined)
    return (
      <Part name="Backends" tone="quiet" word="unknown">
        Loading…
      </Part>
    );
  const backends = query.data.items.filter(({ isConfigured, disabled }) => isConfigured || disabled !== null);
  if (backends.length === 0)
    return (
      <Part name="Backends" tone="warn" word="none configured">
        Set AGENTRUN_BACKENDS to a file of backend profiles.
      </Part>
    );
  const conditions = backends.map((backend) => ({ profile: backend.profile, ...conditionOf(backend, nowMs) }));
  const tone = WORST.find((candidate) => conditions.some((condition) => condition.tone === candidate)) ?? "quiet";
  const ready = conditions.filter(({ tone }) => tone === "good").length;
  return (
    <Part name="Backends" tone={tone} word={`${ready} of ${conditions.length} ready`}>
      <span className="flex flex-wrap gap-x-4 gap-y-1">
        {conditions.map((condition) => (
          <Link
            key={condition.profile}
            href="/backends"
            title={condition.why ?? undefined}
            className="inline-flex items-center gap-1.5 hover:underline"
          >
            {condition.profile} <State state={condition.state} word={condition.word} tone={condition.tone} isIconless />
          </Link>
        ))}
      </span>
    </Part>
  );
}
