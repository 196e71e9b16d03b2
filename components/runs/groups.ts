import { byGivenOrder, type Grouping } from "@/components/arrange/groups";
import { sentence, shortenId } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { failureWords } from "@/contract/failure-words";
import type { RunGroup } from "@/contract/query/runs";
import type { RunSummary } from "@/contract/run";
import { FAILURE_KINDS } from "@/contract/words";
import { sessionIdOf } from "./session-id";

const NO_FAILURE = "no failure";
const failureOf = (run: RunSummary) =>
  run.failureKind ?? run.turnFailureKind ?? (run.status === "failed" ? "unknown" : NO_FAILURE);

/** What runs may stand under. */
export const RUN_GROUPINGS: Record<RunGroup, Grouping<RunSummary>> = {
  // The session of the newest run comes first, as its run would.
  session: {
    keyOf: (run) => sessionIdOf(run) ?? "",
    nameOf: (run) => {
      const id = sessionIdOf(run);
      if (id === null) return "No session";
      return run.title === null ? shortenId(id) : `${revealHidden(run.title)} · ${shortenId(id)}`;
    },
  },
  failure: {
    keyOf: failureOf,
    nameOf: (run) => sentence(failureWords(failureOf(run))),
    compare: byGivenOrder([...FAILURE_KINDS, "unknown", NO_FAILURE]),
  },
};
