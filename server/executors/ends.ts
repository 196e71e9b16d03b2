import { UnavailableError } from "@/server/errors";
import type { AttemptEnding } from "./executor";

export type Ends = {
  /** What an end under way comes to; begins one where there is none. */
  join(attemptId: string, begin: () => Promise<AttemptEnding>): Promise<AttemptEnding>;
  /** Throws while one is under way: it would end what a launch finds or makes beside it. */
  assertNone(attemptId: string): void;
};

/** The ends that an executor has under way, one an attempt: whoever ends attempts asks again until they are gone. */
export function createEnds(): Ends {
  const underWay = new Map<string, Promise<AttemptEnding>>();
  return {
    join(attemptId, begin) {
      const known = underWay.get(attemptId);
      if (known) return known;
      const ending = begin().finally(() => underWay.delete(attemptId));
      underWay.set(attemptId, ending);
      return ending;
    },
    assertNone(attemptId) {
      if (!underWay.has(attemptId)) return;
      throw new UnavailableError("executor-unavailable", `attempt ${attemptId} is still being ended`, "request");
    },
  };
}
