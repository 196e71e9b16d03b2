"use client";
import Link from "next/link";
import { memo, useMemo } from "react";
import { useRunCommands } from "@/components/sessions/use-session";
import { useRunLog } from "@/components/trace/session-logs";
import { readError } from "@/components/trpc/errors";
import { Button } from "@/components/ui/button";
import { formatPlural, shortenId } from "@/components/ui/format";
import { Time } from "@/components/ui/time";
import type { Command } from "@/contract/command";
import type { LiveFrame } from "@/contract/event";
import type { Run } from "@/contract/run";
import { ItemView, Reasoning } from "./item-view";
import type { ConversationItem } from "./items";
import { Markdown } from "./markdown";
import { deliveryOf, UserMessage } from "./user-message";

type RunSectionProps = { run: Run; hasHeading: boolean };

/** One run's part of the conversation: what was said and done, what is being written, what still waits to be sent. */
export const RunSection = memo(function RunSection({ run, hasHeading }: RunSectionProps) {
  const { log, snapshot } = useRunLog(run);
  const commands = useRunCommands(run.id).data;
  const commandById = useMemo(() => new Map(commands?.map((command) => [command.id, command])), [commands]);
  const { items, outcomes } = snapshot.conversation;
  const waiting = useMemo(() => unsentOf(commands ?? [], items), [commands, items]);

  return (
    <section aria-label={`Run ${shortenId(run.id)}`} className="flex flex-col gap-3">
      {hasHeading && (
        <p className="flex items-center gap-3 pt-2 text-2xs text-ink-3 before:h-px before:flex-1 before:bg-line after:h-px after:flex-1 after:bg-line">
          <Link href={`/runs/${encodeURIComponent(run.id)}`} className="hover:text-ink hover:underline">
            Run {shortenId(run.id)} · <Time at={run.createdAt} />
          </Link>
        </p>
      )}
      {snapshot.earlierCount > 0 && (
        <Button size="sm" look="ghost" className="self-center" onClick={() => void log.loadEarlier()}>
          Show earlier · {formatPlural(snapshot.earlierCount, "event")} before
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
      {items.map((item) =>
        item.kind === "user" ? (
          <UserMessage
            key={item.key}
            text={item.text}
            at={item.at}
            isSteer={item.isSteer}
            delivery={
              item.commandId === null ? null : deliveryOf(commandById.get(item.commandId), outcomes.get(item.commandId))
            }
          />
        ) : (
          <div key={item.key} id={item.kind === "approval" ? item.approvalId : undefined}>
            <ItemView
              item={item}
              liveText={item.kind === "command" ? (snapshot.live.get(item.itemId)?.text ?? null) : null}
            />
          </div>
        ),
      )}
      <LiveTexts frames={[...snapshot.live.values()]} />
      {snapshot.missingCount > 0 && (
        <p className="text-center text-xs text-ink-3">Fetching {formatPlural(snapshot.missingCount, "event")}…</p>
      )}
      {waiting.map((command) => (
        <UserMessage
          key={command.id}
          text={String(command.payload.text ?? "")}
          at={command.createdAt}
          isSteer={command.type === "steer"}
          delivery={deliveryOf(command, outcomes.get(command.id))}
        />
      ))}
    </section>
  );
});

/** Turns and steers that the log has not taken up: they wait, or never reached the agent. */
function unsentOf(commands: readonly Command[], items: readonly ConversationItem[]): Command[] {
  const told = new Set(
    items.flatMap((item) => (item.kind === "user" && item.commandId !== null ? [item.commandId] : [])),
  );
  return commands.filter((command) => (command.type === "turn" || command.type === "steer") && !told.has(command.id));
}

/** What is being written. Screen readers get each text once, when it is whole. */
function LiveTexts({ frames }: { frames: LiveFrame[] }) {
  const texts = frames.filter((frame) => frame.kind !== "command_output");
  if (texts.length === 0) return null;
  return (
    <div aria-live="off" className="flex flex-col gap-3">
      {texts.map((frame) =>
        frame.kind === "reasoning" ? (
          <Reasoning key={frame.itemId} text={frame.text} isLive />
        ) : (
          <Markdown key={frame.itemId} text={frame.text} />
        ),
      )}
    </div>
  );
}
