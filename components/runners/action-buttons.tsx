"use client";
import { CirclePause, CirclePlay, OctagonX, ShieldOff } from "lucide-react";
import { Button } from "@/components/ui/button";
import type { Runner } from "@/contract/runner";
import type { RunnerAction } from "@/contract/words";
import { ACTION_NAMES } from "./runner-menu";
import type { useRunnerActions } from "./use-runner-actions";

const ICONS: Record<RunnerAction, typeof CirclePause> = {
  drain: CirclePause,
  resume: CirclePlay,
  revoke: ShieldOff,
  kill: OctagonX,
};

type RunnerActionButtonsProps = {
  runner: Runner;
  actions: ReturnType<typeof useRunnerActions>;
  /** Beside draining it or letting it go on, of which one alone makes sense. */
  more: readonly RunnerAction[];
  size: "sm" | "md";
};

/** A runner's orders; one that would be refused is disabled, and says why. */
export function RunnerActionButtons({ runner, actions, more, size }: RunnerActionButtonsProps) {
  const { refusals } = runner;
  return [refusals.resume === null ? ("resume" as const) : ("drain" as const), ...more].map((action) => {
    const Icon = ICONS[action];
    return (
      <Button
        key={action}
        size={size}
        disabled={refusals[action] !== null || (action === "resume" && actions.isResuming)}
        title={refusals[action] ?? undefined}
        onClick={() => actions.run(action)}
      >
        <Icon aria-hidden className={size === "sm" ? "size-3.5" : "size-4"} /> {ACTION_NAMES[action]}
      </Button>
    );
  });
}
