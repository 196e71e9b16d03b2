import { type ShownImage, ShownImages } from "@/components/images/shown-images";
import { briefError } from "@/components/sessions/brief-error";
import { cn } from "@/components/ui/class-names";
import { revealHidden } from "@/components/ui/hidden-characters";
import { State, type Tone } from "@/components/ui/state";
import { Time } from "@/components/ui/time/time";
import type { Command } from "@/contract/command";
import { splitHanded } from "@/contract/handed-text";
import type { CommandOutcome } from "./items";
import { TaskResultsText } from "./task-results-text";

/** How far a command has come, in words a sender understands. */
export type Delivery = { state: string; word: string; tone?: Tone; detail: string | null };

const WORDS: Record<string, string> = {
  pending: "Queued",
  acknowledged: "Delivered",
  completed: "Completed",
  failed: "Failed",
  cancelled: "Cancelled",
};
const STATE_MEANINGS: Record<string, string> = {
  pending: "Saved. The runner has not picked it up yet.",
  acknowledged: "The runner has picked it up.",
  completed: "The agent is done with it.",
};
const FAILURES: Record<string, string> = {
  "no-active-turn": "The turn had already ended.",
};

/** A command's delivery, from its record where that is known, else from the run's log. */
export function deliveryOf(command: Command | undefined, outcome: CommandOutcome | undefined): Delivery | null {
  const state = command?.state ?? outcome?.state;
  if (state === undefined) return null;
  const message = command?.failureMessage ?? outcome?.message ?? command?.failureKind ?? outcome?.failureKind ?? null;
  if (command?.cancelRequestedAt && (state === "pending" || state === "acknowledged")) {
    return { state: "cancelling", word: "Cancelling", detail: "Cancel requested." };
  }
  const isBad = state === "failed" || state === "cancelled";
  return {
    state,
    word: state === "acknowledged" && command?.type === "turn" ? "Running" : (WORDS[state] ?? state),
    detail: isBad && message !== null ? (FAILURES[message] ?? message) : (STATE_MEANINGS[state] ?? null),
  };
}

export function DeliveryState({ delivery }: { delivery: Delivery | null }) {
  if (delivery === null) return null;
  const { state, word, detail } = delivery;
  return <State isIconless className="text-2xs" {...{ state, word }} title={revealHidden(detail) ?? undefined} />;
}

type UserMessageProps = {
  text: string;
  images: readonly ShownImage[];
  at: string;
  isSteer: boolean;
  delivery: Delivery | null;
  /** Whether its run's end says in full why it failed. */
  isExplainedBelow?: boolean;
};

/** What a person sent, with what was handed over to the agent with it, and how far it has come. */
export function UserMessage({ text, images, at, isSteer, delivery, isExplainedBelow = false }: UserMessageProps) {
  const { asked: request, handed: results } = splitHanded(text);
  const isFailed = delivery?.state === "failed" || delivery?.state === "cancelled";
  return (
    <div className="flex flex-col items-end gap-1">
      <div
        className={cn(
          "max-w-[88%] rounded-xl rounded-br-sm bg-accent-soft px-3.5 py-2 text-sm leading-relaxed",
          isSteer && "border border-dashed border-accent/50",
        )}
      >
        {isSteer && <p className="text-2xs font-semibold tracking-wide text-accent uppercase">Steer</p>}
        <p className="wrap-anywhere whitespace-pre-wrap">{revealHidden(request)}</p>
      </div>
      {results !== null && <TaskResultsText text={results} />}
      {images.length > 0 && (
        <div className="max-w-[88%]">
          <ShownImages images={images} className="justify-end" />
        </div>
      )}
      {isFailed && delivery.detail !== null && (
        <p className="max-w-[88%] text-right text-2xs wrap-anywhere text-ink-2" title={revealHidden(delivery.detail)}>
          {revealHidden(isExplainedBelow ? briefError(delivery.detail) : delivery.detail)}
        </p>
      )}
      <p className="flex items-center gap-x-2 text-2xs text-ink-3">
        <DeliveryState delivery={delivery} />
        <Time at={at} />
      </p>
    </div>
  );
}
