"use client";
import { useQuery } from "@tanstack/react-query";
import { CheckCircle2, Circle } from "lucide-react";
import Link from "next/link";
import type { ReactNode } from "react";
import { useCanOperate } from "@/components/shell/identity";
import { useTRPC } from "@/components/trpc/client";
import { buttonStyle } from "@/components/ui/button";
import { Panel } from "@/components/ui/page";

/** Where nothing was ever done: what is there already, and what to do first. */
export function FirstSteps() {
  const trpc = useTRPC();
  const canOperate = useCanOperate();
  const health = useQuery(trpc.health.get.queryOptions()).data;
  const backends = useQuery(trpc.backends.list.queryOptions()).data?.items ?? [];
  const hasDemo = backends.some(({ isDemo }) => isDemo);
  const hasModel = backends.some(({ isConfigured, isDemo }) => isConfigured && !isDemo);
  return (
    <Panel title="First steps" className="shrink-0">
      <ol className="flex flex-col gap-3 p-4 text-sm">
        <Step isDone={health?.ready === true}>The database and the web server are up.</Step>
        <Step isDone={hasDemo || hasModel}>
          {hasDemo
            ? "The demo agent is ready: the real codex with a scripted model. It needs no key and no network."
            : "No model is configured yet: set AGENTRUN_BACKENDS to a file of backend profiles."}
        </Step>
        <Step isDone={false}>
          <span className="flex flex-wrap items-center gap-3">
            Start a session and send a message{canOperate ? "." : ". This needs the operator role."}
            {canOperate && (
              <Link href="/sessions?new=true" className={buttonStyle({ variant: "primary", size: "sm" })}>
                New session
              </Link>
            )}
          </span>
        </Step>
        {!hasModel && hasDemo && (
          <Step isDone={false}>
            <span>
              Add your own model with <code>AGENTRUN_BACKENDS</code>:{" "}
              <Link href="/backends" className="text-accent hover:underline">
                Backends
              </Link>{" "}
              shows what it needs.
            </span>
          </Step>
        )}
      </ol>
    </Panel>
  );
}

function Step({ isDone, children }: { isDone: boolean; children: ReactNode }) {
  const Icon = isDone ? CheckCircle2 : Circle;
  return (
    <li className="flex items-start gap-2">
      <Icon aria-hidden className={isDone ? "mt-0.5 size-4 shrink-0 text-good" : "mt-0.5 size-4 shrink-0 text-ink-3"} />
      <div className="min-w-0">
        {children}
        <span className="sr-only">{isDone ? " (done)" : " (to do)"}</span>
      </div>
    </li>
  );
}
