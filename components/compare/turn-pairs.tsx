"use client";
import dynamic from "next/dynamic";
import Link from "next/link";
import { useState } from "react";
import { eventAddress, sessionAddress } from "@/components/shell/addresses";
import type { NumberedTurn } from "@/components/turns/read-turns";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/class-names";
import { formatDuration, formatPlural, formatTokens, sentence } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { State } from "@/components/ui/state";
import { Clocked } from "@/components/ui/time/clocked";
import { Time } from "@/components/ui/time/time";
import { exitWords } from "./facts";
import { type Both, lengthOf, moreWords, SIDES, type SideName, type TurnPair } from "./pairs";
import { SIDE_NAMES, SideMark } from "./side-name";

const Markdown = dynamic(() => import("@/components/conversation/markdown").then((module) => module.Markdown), {
  ssr: false,
});

const PAIRS_SHOWN = 20;

type TurnPairsProps = { pairs: readonly TurnPair[]; sessionIds: Both<string> };

/** Each turn of one beside the turn of the same number of the other. */
export function TurnPairs({ pairs, sessionIds }: TurnPairsProps) {
  const [shownCount, setShownCount] = useState(PAIRS_SHOWN);
  return (
    <div className="flex flex-col">
      <ol aria-label="Turns" className="flex flex-col">
        {pairs.slice(0, shownCount).map((pair) => (
          <li key={pair.number} id={`turn-${pair.number}`} className="scroll-mt-2 border-b px-4 py-3 last:border-b-0">
            <h3 className="mb-2 flex flex-wrap items-center gap-x-3 text-xs font-semibold">
              Turn {pair.number}{" "}
              <span className="font-normal text-ink-3">
                <Clocked isOn={SIDES.some((side) => isRunning(pair[side]))}>
                  {(nowMs) => revealHidden(describePair(pair, nowMs))}
                </Clocked>
              </span>
            </h3>
            <div className="grid gap-3 sm:grid-cols-2">
              {SIDES.map((side) => (
                <TurnBox key={side} side={side} number={pair.number} turn={pair[side]} sessionId={sessionIds[side]} />
              ))}
            </div>
          </li>
        ))}
      </ol>
      {pairs.length > shownCount && (
        <Button
          size="sm"
          variant="ghost"
          className="my-2 self-center"
          onClick={() => setShownCount(shownCount + PAIRS_SHOWN)}
        >
          Show {Math.min(PAIRS_SHOWN, pairs.length - shownCount)} more of {pairs.length}
        </Button>
      )}
    </div>
  );
}

function isRunning(turn: NumberedTurn | null): boolean {
  return turn !== null && turn.startedAt !== null && turn.endedAt === null;
}

function describePair({ left, right, isSameAsked }: TurnPair, nowMs: number): string {
  if (left === null || right === null) return `only ${left === null ? "right" : "left"}`;
  const [leftMs, rightMs] = [lengthOf(left, nowMs), lengthOf(right, nowMs)];
  const longer = leftMs === null || rightMs === null ? null : moreWords({ left: leftMs, right: rightMs }, "longer");
  return [isSameAsked ? "same message" : "different messages", ...(longer === null ? [] : [longer])].join(", ");
}

type TurnBoxProps = { side: SideName; number: number; turn: NumberedTurn | null; sessionId: string };

function TurnBox({ side, number, turn, sessionId }: TurnBoxProps) {
  if (turn === null)
    return (
      <p className="flex items-center gap-3 rounded-lg border border-dashed p-3 text-xs text-ink-3">
        <SideMark side={side} /> No turn {number}
      </p>
    );
  const { asked, answer } = turn;
  return (
    <article
      aria-label={`${SIDE_NAMES[side]}, turn ${turn.number}`}
      className="flex min-w-0 flex-col gap-2 rounded-lg border p-3"
    >
      <p className="flex flex-wrap items-center gap-x-3 gap-y-1 text-xs text-ink-2">
        <SideMark side={side} />
        <State
          isIconless
          state={turn.state}
          word={revealHidden(sentence(turn.state))}
          title={turn.failureKind ?? undefined}
        />
        <Time at={turn.startedAt ?? turn.askedAt} />
        {turn.startSeq !== null && (
          <Link
            href={eventAddress({ runId: turn.runId, seq: turn.startSeq })}
            className="ml-auto text-accent hover:underline"
          >
            Events
          </Link>
        )}
      </p>
      <MessageBox
        name="Asked"
        text={asked?.text ?? null}
        isCut={asked?.isCut === true}
        sessionId={sessionId}
        lines={3}
      />
      <MessageBox
        name="Last answer"
        text={answer?.text ?? null}
        isCut={answer?.isCut === true}
        isMarkdown
        sessionId={sessionId}
        lines={8}
      />
      <Clocked isOn={isRunning(turn)}>{(nowMs) => <Figures turn={turn} nowMs={nowMs} />}</Clocked>
    </article>
  );
}

type MessageBoxProps = {
  name: string;
  text: string | null;
  isCut: boolean;
  isMarkdown?: boolean;
  sessionId: string;
  lines: 3 | 8;
};

/** A text, folded where it is long; what the server cut is whole in the conversation. */
function MessageBox({ name, text, isCut, isMarkdown = false, sessionId, lines }: MessageBoxProps) {
  const [isOpen, setIsOpen] = useState(false);
  const isLong = text !== null && (text.split("\n").length > lines || text.length > lines * 80);
  return (
    <div className="min-w-0">
      <h4 className="text-2xs text-ink-3">{name}</h4>
      {text === null || text.trim() === "" ? (
        <p className="text-xs text-ink-3">{text === null ? "Nothing yet" : "Empty"}</p>
      ) : (
        <div
          className={cn(
            "relative",
            isLong && !isOpen && (lines === 3 ? "max-h-18" : "max-h-48"),
            isLong && !isOpen && "overflow-hidden mask-b-from-70%",
          )}
        >
          {isMarkdown ? (
            <Markdown text={isCut ? `${text}…` : text} />
          ) : (
            <p className="text-sm wrap-anywhere whitespace-pre-wrap">
              {revealHidden(text)}
              {isCut && "…"}
            </p>
          )}
        </div>
      )}
      {isLong && (
        <Button size="sm" variant="ghost" className="-ml-2" aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
          {isOpen ? "Show less" : "Show more"}
        </Button>
      )}
      {isCut && (isOpen || !isLong) && (
        <Link href={sessionAddress(sessionId)} className="text-xs text-accent hover:underline">
          Show in conversation
        </Link>
      )}
    </div>
  );
}

function Figures({ turn, nowMs }: { turn: NumberedTurn; nowMs: number }) {
  const tookMs = lengthOf(turn, nowMs);
  const { tokens } = turn;
  const codes = new Map(turn.exitCodes.map(({ code, count }) => [code, count]));
  const turnFigures = [
    tookMs === null ? "Not started" : formatDuration(tookMs),
    ...(tokens === null ? [] : [formatTokens(tokens.input + tokens.output)]),
    formatPlural(turn.toolCalls, "tool call"),
    ...(codes.size === 0 ? [] : [`exit ${exitWords(codes)}`]),
    ...(turn.fileChanges === 0 ? [] : [formatPlural(turn.fileChanges, "patch", "patches")]),
    ...(turn.errors === 0 ? [] : [formatPlural(turn.errors, "error")]),
  ];
  return (
    <ul aria-label="Figures" className="mt-auto flex flex-wrap gap-x-3 gap-y-0.5 text-xs text-ink-2 tabular-nums">
      {turnFigures.map((entry) => (
        <li key={entry}>{entry}</li>
      ))}
      {turn.failedCalls > 0 && <li className="font-medium text-bad">{turn.failedCalls} failed</li>}
    </ul>
  );
}
