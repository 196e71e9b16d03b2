import type { Actor } from "@/server/context";
import { TokenBuckets } from "./token-buckets";

/** Far above what a person's tabs or a program that waits for its answers send, far below what one process answers. */
export const OPERATOR_REQUESTS = { perSecond: 200, burst: 1_000 };
/** A runner's heartbeats are among them, so that a run at full tilt must never come near: some 40 a second. */
const RUN = { perSecond: 1_000, burst: 5_000 };
/** Calls of a run to its model: an agent and its sub-agents wait for answers, a tool that has its token does not. */
const MODEL = { perSecond: 5, burst: 300 };
/** Requests of nobody that is known: each may cost a look-up of its token. */
const STRANGER = { perSecond: 100, burst: 1_000 };

export type RequestLimits = {
  /** Counts a request; null, or the seconds to wait when it is one too many. */
  take(actor: Actor | null, address: string): number | null;
  /** The same for a run's call to its model. */
  takeCall(runId: string): number | null;
};

export function createRequestLimits(now: () => number = () => performance.now()): RequestLimits {
  const operators = new TokenBuckets(OPERATOR_REQUESTS, now);
  const runs = new TokenBuckets(RUN, now);
  const calls = new TokenBuckets(MODEL, now);
  const strangers = new TokenBuckets(STRANGER, now);
  return {
    takeCall: (runId) => calls.take(runId),
    take(actor, address) {
      if (actor === null) return strangers.take(networkOf(address));
      switch (actor.kind) {
        case "operator":
          // The administrator's own token drives the whole installation: programs, runners in their place, benches.
          return actor.tokenId === null ? null : operators.take(actor.tokenId);
        case "launch":
        case "runner":
          return runs.take(actor.runId);
        case "archiver":
          return runs.take(actor.name);
        case "system":
          return null;
        default:
          return actor satisfies never;
      }
    },
  };
}

/** An IPv4 address, or the /64 of an IPv6 one: whoever has one of its addresses has them all. */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, "");
  if (!plain.includes(":")) return plain;
  const [head = "", tail] = plain.split("::");
  const groups = head === "" ? [] : head.split(":");
  return [...groups, ...(tail === undefined ? [] : ["0", "0", "0", "0"])].slice(0, 4).join(":");
}
