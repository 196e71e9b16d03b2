import { Minus, Plus } from "lucide-react";
import { canPrioritise } from "@/components/queue/allowed-actions";
import { BlockerLine } from "@/components/queue/blocker-line";
import { Button } from "@/components/ui/button";
import { sentence } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { failureWords } from "@/contract/failure-words";
import type { QueueTaskSummary } from "@/contract/queue";

/** What has changed since this operator looked. */
export function UnreadDot() {
  return (
    <span className="size-2 shrink-0 rounded-full bg-accent">
      <span className="sr-only">Unread</span>
    </span>
  );
}

/** What there is to say of a task beside its state. */
export function Detail({ task, titles }: { task: QueueTaskSummary; titles: ReadonlyMap<string, string> }) {
  if (task.state === "pending")
    return task.blocker === null ? (
      "Checking why it's waiting…"
    ) : (
      <BlockerLine blocker={task.blocker} task={task} titles={titles} />
    );
  if (task.state === "failed")
    return (
      <span className="text-bad" title={revealHidden(task.failureMessage) ?? undefined}>
        {revealHidden(sentence(failureWords(task.failureKind)))}
        {task.failureMessage !== null && `: ${revealHidden(task.failureMessage)}`}
      </span>
    );
  if (task.state === "cancelled") return revealHidden(task.cancelReason) ?? "";
  return `Attempt ${task.attemptCount}`;
}

type PriorityProps = {
  task: QueueTaskSummary;
  priority: number;
  canOperate: boolean;
  onAct: (what: "raise" | "lower") => void;
};

/** A priority with its steps up and down, where it can change. */
export function Priority({ task, priority, canOperate, onAct }: PriorityProps) {
  const figure = <span className="min-w-6 text-center text-xs font-medium tabular-nums">{priority}</span>;
  if (!canOperate || !canPrioritise(task))
    return (
      <>
        <span className="sr-only">Priority </span>
        {figure}
      </>
    );
  return (
    <>
      <Step
        label={`Lower ${revealHidden(task.title)}`}
        onPress={() => onAct("lower")}
        icon={<Minus aria-hidden className="size-3.5" />}
      />
      <span className="sr-only">Priority </span>
      {figure}
      <Step
        label={`Raise ${revealHidden(task.title)}`}
        onPress={() => onAct("raise")}
        icon={<Plus aria-hidden className="size-3.5" />}
      />
    </>
  );
}

function Step({ label, icon, onPress }: { label: string; icon: React.ReactNode; onPress: () => void }) {
  return (
    <Button variant="ghost" size="icon-sm" className="relative z-10 size-6" aria-label={label} onClick={onPress}>
      {icon}
    </Button>
  );
}
