import { useQuery } from "@tanstack/react-query";
import { ArrowRight } from "lucide-react";
import Link from "next/link";
import { isSameLane, laneName, useCanChangeControl, useControl } from "@/components/queue/lanes/use-control";
import { useRetry } from "@/components/queue/use-retry";
import { storageAddress, taskAddress } from "@/components/shell/addresses";
import { useCanOperate } from "@/components/shell/identity";
import { useTRPC } from "@/components/trpc/client";
import { queueControls } from "@/components/trpc/lists";
import { Button, buttonStyle } from "@/components/ui/button";
import { revealHidden } from "@/components/ui/hidden-characters";
import type { Need } from "@/contract/overview";
import { ALL_TENANTS } from "@/contract/words";

/** What of a need its fix goes by. */
export type Fixable = Pick<Need, "kind" | "title" | "sessionId" | "taskId" | "queue" | "lane"> & {
  tenantId: string | null;
};

/** The one thing to do about what needs a person in the queue; nothing where it is not known, or not allowed. */
export function Fix({ item }: { item: Fixable }) {
  const canOperate = useCanOperate();
  const { kind, taskId, sessionId } = item;
  if (kind === "approval" && taskId !== null) return <Go href={taskAddress(taskId)} name="Decide" />;
  if (kind === "session-evicted" && sessionId !== null) return <Go href={storageAddress(sessionId)} name="Restore" />;
  if (!canOperate) return null;
  if (kind === "paused") return <GoOn item={item} />;
  return taskId === null ? null : <Retry taskId={taskId} title={revealHidden(item.title) ?? taskId} />;
}

function GoOn({ item }: { item: Fixable }) {
  const controls = useQuery(queueControls(useTRPC()));
  const { set, isPending } = useControl();
  const canChange = useCanChangeControl();
  // Nobody's own is everybody's.
  const lane = { ...item, tenantId: item.tenantId ?? ALL_TENANTS };
  const control = controls.data?.items.find((listed) => listed.state === "paused" && isSameLane(listed, lane));
  if (control === undefined || !canChange(control)) return null;
  return (
    <Button
      size="sm"
      data-fix
      disabled={isPending}
      aria-label={`Resume ${laneName(control)}`}
      onClick={() => set(control, { state: "open", reason: null })}
    >
      Resume
    </Button>
  );
}

function Retry({ taskId, title }: { taskId: string; title: string }) {
  const retry = useRetry();
  return (
    <Button
      size="sm"
      data-fix
      disabled={retry.isPending}
      aria-label={`Retry ${revealHidden(title)}`}
      onClick={() => retry.mutate({ taskId })}
    >
      Retry
    </Button>
  );
}

function Go({ href, name }: { href: string; name: string }) {
  return (
    <Link href={href} data-fix className={buttonStyle({ size: "sm" })}>
      {name} <ArrowRight aria-hidden className="size-3.5" />
    </Link>
  );
}
