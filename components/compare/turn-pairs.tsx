"use client";
import Link from "next/link";
import { useState } from "react";
import { eventAddress, sessionAddress } from "@/components/shell/addresses";
import type { NumberedTurn } from "@/components/turns/read-turns";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/class-names";
import { Clocked } from "@/components/ui/clocked";
import { formatDuration, formatPlural, formatTokens } from "@/components/ui/format";
import { showTricks } from "@/components/ui/hidden-text";
import { State } from "@/components/ui/state";
import { Time } from "@/components/ui/time";
import { exitWords } from "./facts";
import { type Both, lengthOf, moreWords, SIDES, type SideName, type TurnPair } from "./pairs";
import { SIDE_NAMES, SideMark } from "./side-name";

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
                <Clocked isOn={SIDES.some((side) => isUnderWay(pair[side]))}>
                  {(nowMs) => showTricks(describePair(pair, nowMs))}
                </Clocked>
              </span>
            </h3>
            <div className="grid gap-3 sm:grid-cols-2">
              {SIDES.map((side) => (
                <TurnBox key={side} side={side} turn={pair[side]} sessionId={sessionIds[side]} />
              ))}
            </div>
          </li>
        ))}
      </ol>
      {pairs.length > shownCount && (
        <Button
          size="sm"
          look="ghost"
          className="my-2 self-center"
          onClick={() => setShownCount(shownCount + PAIRS_SHOWN)}
        >
          Show {Math.min(PAIRS_SHOWN, pairs.length - shownCount)} more of {pairs.length}
        </Button>
      )}
    </div>
  );
}

function isUnderWay(turn: NumberedTurn | null): boolean {
  return turn !== null && turn.startedAt !== null && turn.endedAt === null;
}

function describePair({ left, right, isSameAsked }: TurnPair, nowMs: number): string {
  if (left === null || right === null) return `of the ${left === null ? "right" : "left"} alone`;
  const [one, other] = [lengthOf(left, nowMs), lengthOf(right, nowMs)];
  const longer = one === null || other === null ? null : moreWords({ left: one, right: other });
  return [
    isSameAsked ? "asked the same" : "asked something else",
    ...(longer === null ? [] : [`time: ${longer}`]),
  ].join(", ");
}

type TurnBoxProps = { side: SideName; turn: NumberedTurn | null; sessionId: string };

function TurnBox({ side, turn, sessionId }: TurnBoxProps) {
  if (turn === null)
    return (
      <p className="flex items-center gap-3 rounded-lg border border-dashed p-3 text-xs text-ink-3">
        <SideMark side={side} /> No such turn.
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
          isBare
          state={turn.state}
          word={turn.failureKind === null ? turn.state : `${turn.state}: ${turn.failureKind}`}
        />
        <Time at={turn.startedAt ?? turn.askedAt} />
        {turn.startSeq !== null && (
          <Link
            href={eventAddress({ runId: turn.runId, seq: turn.startSeq })}
            className="ml-auto text-accent hover:underline"
          >
            Its events
          </Link>
        )}
      </p>
      <Said name="Asked" text={asked?.text ?? null} isCut={asked?.isCut === true} sessionId={sessionId} lines={3} />
      <Said
        name="Last answer"
        text={answer?.text ?? null}
        isCut={answer?.isCut === true}
        sessionId={sessionId}
        lines={8}
      />
      <Clocked isOn={isUnderWay(turn)}>{(nowMs) => <Figures turn={turn} nowMs={nowMs} />}</Clocked>
    </article>
  );
}

type SaidProps = { name: string; text: string | null; isCut: boolean; sessionId: string; lines: 3 | 8 };

/** A text, folded where it is long; what the server cut is whole in the conversation. */
function Said({ name, text, isCut, sessionId, lines }: SaidProps) {
  const [isOpen, setIsOpen] = useState(false);
  const isLong = text !== null && (text.split("\n").length > lines || text.length > lines * 80);
  return (
    <div className="min-w-0">
      <h4 className="text-2xs text-ink-3">{name}</h4>
      {text === null || text.trim() === "" ? (
        <p className="text-xs text-ink-3">{text === null ? "Nothing yet." : "Nothing."}</p>
      ) : (
        <p
          className={cn(
            "text-sm wrap-anywhere whitespace-pre-wrap",
            isLong && !isOpen && (lines === 3 ? "line-clamp-3" : "line-clamp-8"),
          )}
        >
          {showTricks(text)}
          {isCut && "…"}
        </p>
      )}
      {isLong && (
        <Button size="sm" look="ghost" className="-ml-2" aria-expanded={isOpen} onClick={() => setIsOpen(!isOpen)}>
          {isOpen ? "Fold" : "Show more"}
        </Button>
      )}
      {isCut && (isOpen || !isLong) && (
        <Link href={sessionAddress(sessionId)} className="text-xs text-accent hover:underline">
          Whole in the conversation
        </Link>
      )}
    </div>
  );
}

function Figures({ turn, nowMs }: { turn: NumberedTurn; nowMs: number }) {
  const tookMs = lengthOf(turn, nowMs);
  const { tokens } = turn;
  const codes = new Map(turn.exitCodes.map(({ code, count }) => [code, count]));
  const figures = [
    tookMs === null ? "not begun" : formatDuration(tookMs),
    ...(tokens === null ? [] : [formatTokens(tokens.input + tokens.output)]),
    formatPlural(turn.toolCalls, "command or tool", "commands and tools"),
    ...(codes.size === 0 ? [] : [`exit ${exitWords(codes)}`]),
    ...(turn.fileChanges === 0 ? [] : [formatPlural(turn.fileChanges, "patch", "patches")]),
    ...(turn.errors === 0 ? [] : [formatPlural(turn.errors, "error")]),
  ];
  return (
    <ul aria-label="What it took" className="mt-auto flex flex-wrap gap-x-3 gap-y-0.5 text-xs text-ink-2 tabular-nums">
      {figures.map((figure) => (
        <li key={figure}>{figure}</li>
      ))}
      {turn.failedCalls > 0 && <li className="font-medium text-bad">{turn.failedCalls} failed</li>}
    </ul>
  );
}
