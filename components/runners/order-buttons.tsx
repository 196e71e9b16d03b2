"use client";
import { CirclePause, CirclePlay, OctagonX, ShieldOff } from "lucide-react";
import { Button } from "@/components/ui/button";
import type { Runner } from "@/contract/runner";
import type { RunnerAction } from "@/contract/words";
import { ORDER_NAMES } from "./runner-menu";
import type { useRunnerOrders } from "./use-runner-orders";

const ICONS: Record<RunnerAction, typeof CirclePause> = {
  drain: CirclePause,
  resume: CirclePlay,
  revoke: ShieldOff,
  kill: OctagonX,
};

type OrderButtonsProps = {
  runner: Runner;
  orders: ReturnType<typeof useRunnerOrders>;
  /** Beside draining it or letting it go on, of which one alone makes sense. */
  more: readonly RunnerAction[];
  size: "sm" | "md";
};

/** A runner's orders; one that would be refused is disabled, and says why. */
export function OrderButtons({ runner, orders, more, size }: OrderButtonsProps) {
  const { refusals } = runner;
  return [refusals.resume === null ? ("resume" as const) : ("drain" as const), ...more].map((action) => {
    const Icon = ICONS[action];
    return (
      <Button
        key={action}
        size={size}
        disabled={refusals[action] !== null || (action === "resume" && orders.isResuming)}
        title={refusals[action] ?? undefined}
        onClick={() => orders.give(action)}
      >
        <Icon aria-hidden className={size === "sm" ? "size-3.5" : "size-4"} /> {ORDER_NAMES[action]}
      </Button>
    );
  });
}
