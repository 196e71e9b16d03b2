import type { NumberedTurn } from "@/components/turns/read-turns";
import { type Both, endMsOf, SIDES, startMsOf } from "./pairs";

/** From where time is counted: each side's own first message, or the clock. */
export const ORIGINS = ["own", "clock"] as const;
export type Origin = (typeof ORIGINS)[number];

/** A turn on the common scale, in parts of the whole length from 0 to 1. */
export type ScaledTurn = { turn: NumberedTurn; waitAt: number; at: number; end: number; offsetMs: number };
export type Scaled = Both<ScaledTurn[]> & { lengthMs: number };

const TURNS_DRAWN = 200;

/** Where the turns of both lie on one scale, which is as long as the longer of them needs. */
export function scaleTurns(turns: Both<readonly NumberedTurn[]>, origin: Origin, nowMs: number): Scaled {
  const shown = { left: turns.left.slice(0, TURNS_DRAWN), right: turns.right.slice(0, TURNS_DRAWN) };
  const firsts = SIDES.flatMap((side) => shown[side].slice(0, 1).map(startMsOf));
  const clockMs = Math.min(...firsts);
  const originOf = (side: "left" | "right") => {
    const [first] = shown[side];
    return origin === "clock" || first === undefined ? clockMs : startMsOf(first);
  };
  const lengthMs = Math.max(
    1,
    ...SIDES.flatMap((side) => shown[side].map((turn) => endMsOf(turn, nowMs) - originOf(side))),
  );
  const scaleSide = (side: "left" | "right") =>
    shown[side].map((turn): ScaledTurn => {
      const fromMs = originOf(side);
      const share = (ms: number) => Math.min(1, Math.max(0, (ms - fromMs) / lengthMs));
      const startMs = turn.startedAt === null ? endMsOf(turn, nowMs) : Date.parse(turn.startedAt);
      return {
        ...{ turn, waitAt: share(startMsOf(turn)), at: share(startMs), end: share(endMsOf(turn, nowMs)) },
        offsetMs: startMsOf(turn) - fromMs,
      };
    });
  return { left: scaleSide("left"), right: scaleSide("right"), lengthMs };
}
