import type { FailureKind } from "@/contract/errors";
import { type DeadLetter, RETRY_DEFAULTS, type RetryPolicy } from "@/contract/queue";
import type { QueueTaskRow } from "@/db/schema";
import { storedJson } from "@/server/stored";

/** Times that a task goes on by itself after a usage limit; then a person is asked, whatever its policy says. */
const PARKS_MAX = 10;
/** A limit that ends this soon is waited for like any other failure. */
const SHORT_LIMIT_MS = 300_000;
/** Where a provider does not say when its limit ends. */
const PARK_UNKNOWN_MS = 300_000;
/** A quarter more or less, so that tasks that failed together do not come back together. */
const JITTER = 0.25;

export type Failure = {
  failureKind: FailureKind;
  message: string | null;
  /**
   * The provider took nothing more: until when, where it is known, and whether what was used up is a quota; or a budget,
   * for which the dispatcher lets it wait.
   */
  limited: { until: Date | null; isUsage: boolean; isBudget?: boolean } | null;
};
export type Verdict =
  | { kind: "retry"; at: Date }
  /** Among the others, until the dispatcher finds room for it. */
  | { kind: "wait" }
  /** `at` null: until somebody resumes it. */
  | { kind: "park"; until: Date | null; at: Date | null }
  | { kind: "dead-letter"; why: DeadLetter };

type Judged = Pick<QueueTaskRow, "retryPolicy" | "attemptCount" | "attemptsBefore" | "parkCount">;

/** What follows a failed attempt: another one later, a wait for the provider's limit, or nothing by itself. */
export function judgeFailure(task: Judged, failure: Failure, now = new Date(), random = Math.random): Verdict {
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

function park(task: Judged, policy: Required<RetryPolicy>, until: Date | null, now: Date): Verdict {
  const isAllowed = policy.onUsageLimit === "resume" && task.parkCount < PARKS_MAX;
  if (!isAllowed) return { kind: "park", until, at: null };
  const at = until ?? new Date(now.getTime() + PARK_UNKNOWN_MS);
  return { kind: "park", until, at: at < now ? now : at };
}

/** A task's policy with what it leaves out. */
export function retryPolicyOf(
  task: Pick<QueueTaskRow, "retryPolicy">,
): Required<RetryPolicy> & { retryOn: readonly FailureKind[] } {
  const stored = (storedJson(task.retryPolicy) ?? {}) as RetryPolicy;
  return { ...RETRY_DEFAULTS, retryOn: [...RETRY_DEFAULTS.retryOn], ...stored };
}
