"use client";
import Link from "next/link";
import { memo, type ReactNode, useEffect, useMemo } from "react";
import { useRunCommands } from "@/components/sessions/use-session";
import { eventAddress, runAddress } from "@/components/shell/addresses";
import { useRunLog } from "@/components/trace/session-logs";
import { readError } from "@/components/trpc/errors";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/class-names";
import { formatPlural, shortenId } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { Time } from "@/components/ui/time/time";
import type { Command } from "@/contract/command";
import type { LiveFrame } from "@/contract/event";
import type { Run } from "@/contract/run";
import { ItemView, Reasoning } from "./item-view";
import type { ConversationItem } from "./items";
import { Markdown } from "./markdown";
import { outputsOf } from "./outputs";
import { namedImagesOf } from "./payload";
import { SPOT_ID } from "./spot";
import { SpotAway } from "./spot-away";
import { StructuredOutput } from "./structured-output";
import { withoutAwaited, withUnsent } from "./unsent";
import { useSpotEvent } from "./use-spot";
import { deliveryOf, UserMessage } from "./user-message";

type RunSectionProps = {
  run: Run;
  hasHeading: boolean;
  /** Whether the conversation is read at its end. */
  readIsAtEnd: () => boolean;
  /** The message that the address names, where it is one of this run. */
  spotSeq?: number | null;
};

/** One run's part of the conversation: what was said and done, what is being written, what still waits to be sent. */
export const RunSection = memo(function RunSection({ run, hasHeading, readIsAtEnd, spotSeq = null }: RunSectionProps) {
  const { log, snapshot } = useRunLog(run);
  const away = useSpotEvent(log, snapshot, spotSeq);
  const isGoing = away === "load";
  // What is loaded to go to is not let go of before its reader is there.
  useEffect(() => log.addReader(() => !isGoing && readIsAtEnd()), [log, readIsAtEnd, isGoing]);
  const commands = useRunCommands(run.id).data;
  const commandById = useMemo(() => new Map(commands?.map((command) => [command.id, command])), [commands]);
  const { items, outcomes } = snapshot.conversation;
  const outputs = useMemo(() => outputsOf(items, commandById), [items, commandById]);
  const isExplainedBelow = items.some((item) => item.kind === "end" && item.terminalStatus === "failed");
  const entries = useMemo(() => withUnsent(withoutAwaited(items), commands ?? []), [commands, items]);

  const show = (entry: ConversationItem | Command, index: number, all: readonly (ConversationItem | Command)[]) => {
    if (!("kind" in entry)) {
      const { id, payload, createdAt, type } = entry;
      const delivery = deliveryOf(entry, outcomes.get(id));
      return (
        <UserMessage
          key={id}
          text={String(payload.text ?? "")}
          images={namedImagesOf(payload)}
          at={createdAt}
          isSteer={type === "steer"}
          delivery={delivery}
          isExplainedBelow={isExplainedBelow}
        />
      );
    }
    if (entry.kind === "user") {
      const { key, text, images, at, isSteer, commandId } = entry;
      const delivery = commandId === null ? null : deliveryOf(commandById.get(commandId), outcomes.get(commandId));
      return (
        <div key={key} id={entry.seq === spotSeq ? SPOT_ID : undefined} className={spotOf(entry.seq === spotSeq)}>
          <UserMessage {...{ text, images, at, isSteer, delivery, isExplainedBelow }} />
        </div>
      );
    }
    const liveText = entry.kind === "command" ? (snapshot.live.get(entry.itemId)?.text ?? null) : null;
    const output = outputs.get(entry.key);
    const { subAgent } = entry;
    return (
      <OfAgent
        key={entry.key}
        id={entry.kind === "approval" ? entry.approvalId : entry.seq === spotSeq ? SPOT_ID : undefined}
        isSpot={entry.seq === spotSeq}
        subAgent={subAgent}
        isFirst={subAgentOf(all[index - 1]) !== subAgent}
      >
        {output === undefined ? <ItemView item={entry} liveText={liveText} /> : <StructuredOutput output={output} />}
      </OfAgent>
    );
  };

  return (
    <section aria-label={`Run ${shortenId(run.id)}`} className="flex flex-col gap-3">
      {hasHeading && (
        <p className="flex items-center gap-3 pt-2 text-2xs text-ink-3 before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">
          <Link href={runAddress(run.id)} className="hover:text-ink hover:underline">
            Run {shortenId(run.id)} · <Time at={run.createdAt} />
          </Link>
        </p>
      )}
      {away === "far" && spotSeq !== null && (
        <SpotAway id={SPOT_ID} href={eventAddress({ runId: run.id, seq: spotSeq })}>
          This message is far back in a long run.
        </SpotAway>
      )}
      {snapshot.earlierCount > 0 && (
        <Button size="sm" variant="ghost" className="self-center" onClick={() => void log.loadEarlier()}>
          Show earlier ({formatPlural(snapshot.earlierCount, "event")})
        </Button>
      )}
      {snapshot.state === "loading" && items.length === 0 && (
        <p className="animate-appear-late text-center text-xs text-ink-3">Loading the conversation…</p>
      )}
      {snapshot.error !== null && (
        <p role="alert" className="flex items-center justify-center gap-2 text-xs text-bad">
          {readError(snapshot.error).message}
          <Button size="sm" onClick={() => void log.catchUp()}>
            Try again
          </Button>
        </p>
      )}
      {entries.sent.map(show)}
      <LiveTexts frames={[...snapshot.live.values()]} after={subAgentOf(entries.sent.at(-1))} />
      {snapshot.missingCount > 0 && (
        <p className="text-center text-xs text-ink-3">Fetching {formatPlural(snapshot.missingCount, "event")}…</p>
      )}
      {entries.waiting.map(show)}
    </section>
  );
});

/** Marks the message that the address names. */
const spotOf = (isSpot: boolean) => (isSpot ? "rounded-md outline-2 outline-offset-4 outline-accent/40" : undefined);

type OfAgentProps = {
  subAgent: string | undefined;
  isFirst: boolean;
  id?: string;
  isSpot?: boolean;
  children: ReactNode;
};

/** What an agent said or did: a sub-agent's stands behind a line, the first of it under its thread's id. */
function OfAgent({ subAgent, isFirst, id, isSpot = false, children }: OfAgentProps) {
  return (
    <div id={id} className={cn(subAgent !== undefined && "border-l-2 pl-3", spotOf(isSpot))}>
      {subAgent !== undefined && isFirst && (
        <p className="pb-1 text-xs text-ink-3" title={revealHidden(subAgent)}>
          Sub-agent {revealHidden(shortenId(subAgent))}
        </p>
      )}
      {children}
    </div>
  );
}

/** The sub-agent that an entry comes from. */
function subAgentOf(entry: ConversationItem | Command | undefined): string | undefined {
  return entry && "kind" in entry ? entry.subAgent : undefined;
}

/** What is being written, behind what `after` said last. Screen readers get each text once, when it is whole. */
function LiveTexts({ frames, after }: { frames: LiveFrame[]; after: string | undefined }) {
  const texts = frames.filter((frame) => frame.kind !== "command_output");
  if (texts.length === 0) return null;
  return (
    <div aria-live="off" className="flex flex-col gap-3">
      {texts.map(({ itemId, kind, text, agentThreadId }, index) => (
        <OfAgent
          key={itemId}
          subAgent={agentThreadId}
          isFirst={(index === 0 ? after : texts[index - 1]?.agentThreadId) !== agentThreadId}
        >
          {kind === "reasoning" ? <Reasoning text={text} isLive /> : <Markdown text={text} />}
        </OfAgent>
      ))}
    </div>
  );
}
