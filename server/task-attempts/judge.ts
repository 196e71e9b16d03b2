import type { FailureKind } from "@/contract/errors";
import { type DeadLetter, RETRY_DEFAULTS, type RetryPolicy } from "@/contract/queue";
import type { QueueTaskRow } from "@/db/schema";
import { storedJson } from "@/server/stored";

/** How often a task resumes by itself after usage limits. After that a person is asked, whatever its policy says. */
const PARKS_MAX = 10;
/** A limit that ends sooner than this is treated like any other failure. */
const SHORT_LIMIT_MS = 300_000;
/** How long to wait when a provider does not say when its limit ends. */
const PARK_UNKNOWN_MS = 300_000;
/** Delays vary by a quarter either way, so that tasks that failed together do not all come back together. */
const JITTER = 0.25;

export type Failure = {
  failureKind: FailureKind;
  message: string | null;
  /**
   * The provider took nothing more. `until`: the end of its limit, if known. `isUsage`: whether a quota is used up.
   * `isBudget`: the limit is a budget of ours, and the dispatcher makes the task wait.
   */
  limited: { until: Date | null; isUsage: boolean; isBudget?: boolean } | null;
};
export type Verdict =
  | { kind: "retry"; at: Date }
  /** Waits with the other tasks until the dispatcher has room for it. */
  | { kind: "wait" }
  /** `at` is when it resumes by itself; null: only when somebody resumes it. */
  | { kind: "park"; until: Date | null; at: Date | null }
  | { kind: "dead-letter"; why: DeadLetter };

type FailedTask = Pick<QueueTaskRow, "retryPolicy" | "attemptCount" | "attemptsBefore" | "parkCount">;

/**
 * Decides what follows a failed attempt: another attempt later, a wait for the provider's limit, or nothing without a
 * person.
 */
export function judgeFailure(task: FailedTask, failure: Failure, now = new Date(), random = Math.random): Verdict {
  if (failure.limited?.isBudget) return { kind: "wait" };
  const policy = retryPolicyOf(task);
  const until = failure.limited?.until ?? null;
  const isLong = until !== null && until.getTime() - now.getTime() > SHORT_LIMIT_MS;
  if (failure.limited && (isLong || failure.limited.isUsage)) return park(task, policy, until, now);
  if (!policy.retryOn.includes(failure.failureKind)) return { kind: "dead-letter", why: "not-retryable" };
  const attempts = task.attemptCount - task.attemptsBefore;
  if (attempts >= policy.maxAttempts && failure.limited) return park(task, policy, until, now);
  if (attempts >= policy.maxAttempts) return { kind: "dead-letter", why: "attempts-exhausted" };
  const delayMs = Math.min(policy.backoffMaxMs, policy.backoffMs * 2 ** Math.min(attempts - 1, 40));
  const atMs = now.getTime() + delayMs * (1 - JITTER + 2 * JITTER * random());
  return { kind: "retry", at: new Date(Math.max(atMs, until?.getTime() ?? 0)) };
}

function park(task: FailedTask, policy: Required<RetryPolicy>, until: Date | null, now: Date): Verdict {
  const isAllowed = policy.onUsageLimit === "resume" && task.parkCount < PARKS_MAX;
  if (!isAllowed) return { kind: "park", until, at: null };
  const at = until ?? new Date(now.getTime() + PARK_UNKNOWN_MS);
  return { kind: "park", until, at: at < now ? now : at };
}

/** Returns a task's retry policy with the defaults filled in. */
export function retryPolicyOf(
  task: Pick<QueueTaskRow, "retryPolicy">,
): Required<RetryPolicy> & { retryOn: readonly FailureKind[] } {
  const stored = (storedJson(task.retryPolicy) ?? {}) as RetryPolicy;
  return { ...RETRY_DEFAULTS, retryOn: [...RETRY_DEFAULTS.retryOn], ...stored };
}
