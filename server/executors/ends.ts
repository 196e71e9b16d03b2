import { UnavailableError } from "@/server/errors";
import type { AttemptEnding } from "./executor";

export type Ends = {
  /** Resolves with the outcome of the attempt's end that is under way; begins one where there is none. */
  join(attemptId: string, begin: () => Promise<AttemptEnding>): Promise<AttemptEnding>;
  /** Throws while an end is under way: it would also end what a launch finds or makes meanwhile. */
  assertNone(attemptId: string): void;
};

/** Keeps the ends that an executor has under way, one for each attempt: callers ask again until an attempt is gone. */
export function createEnds(): Ends {
  const pendingEnds = new Map<string, Promise<AttemptEnding>>();
  return {
    join(attemptId, begin) {
      const pending = pendingEnds.get(attemptId);
      if (pending) return pending;
      const ending = begin().finally(() => pendingEnds.delete(attemptId));
      pendingEnds.set(attemptId, ending);
      return ending;
    },
    assertNone(attemptId) {
      if (!pendingEnds.has(attemptId)) return;
      throw new UnavailableError("executor-unavailable", `attempt ${attemptId} is still being ended`, "request");
    },
  };
}
