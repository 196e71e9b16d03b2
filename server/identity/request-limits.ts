import type { Actor } from "@/server/context";
import { TokenBuckets } from "./token-buckets";

/**
 * Far above what a person's tabs, or a program that waits for its answers, send; far below what one process can answer.
 */
export const OPERATOR_REQUESTS = { perSecond: 200, burst: 1_000 };
/**
 * Includes a runner's heartbeats, so even a run at full speed, with some 40 requests a second, must never come near.
 */
const RUN_REQUESTS = { perSecond: 1_000, burst: 5_000 };
/** A run's calls to its model. An agent and its sub-agents wait for answers; a tool that has the token does not. */
const MODEL_CALLS = { perSecond: 5, burst: 300 };
/** Requests of unknown callers: each may cost a look-up of its token. */
const ANONYMOUS = { perSecond: 100, burst: 1_000 };

export type RequestLimits = {
  /** Counts a request. Returns the seconds to wait when it is over the limit; null: it is within. */
  take(actor: Actor | null, address: string): number | null;
  /** The same for a run's call to its model. */
  takeCall(runId: string): number | null;
};

export function createRequestLimits(now: () => number = () => performance.now()): RequestLimits {
  const operators = new TokenBuckets(OPERATOR_REQUESTS, now);
  const runs = new TokenBuckets(RUN_REQUESTS, now);
  const calls = new TokenBuckets(MODEL_CALLS, now);
  const anonymous = new TokenBuckets(ANONYMOUS, now);
  return {
    takeCall: (runId) => calls.take(runId),
    take(actor, address) {
      if (actor === null) return anonymous.take(networkOf(address));
      switch (actor.kind) {
        case "operator":
          // The administrator's own token drives the whole installation: programs, runners that use it, benchmarks.
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

/** Returns an IPv4 address, or the /64 of an IPv6 address: whoever has one address of a /64 has them all. */
export function networkOf(address: string): string {
  const plain = address.replace(/^::ffff:(?=\d+\.)/i, "");
  if (!plain.includes(":")) return plain;
  const [head = "", tail] = plain.split("::");
  const groups = head === "" ? [] : head.split(":");
  return [...groups, ...(tail === undefined ? [] : ["0", "0", "0", "0"])].slice(0, 4).join(":");
}
