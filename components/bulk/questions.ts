import type { BulkKind, BulkVerb } from "@/contract/words";

type Question = {
  /** `Cancel runs` where it is left out. */
  title?: string;
  /** What will happen, in the operator's terms. */
  consequence: string;
  isDanger?: true;
  hasReason?: true;
};

const CANCEL_RUN =
  "What waits is cancelled at once; what is under way is interrupted, and is cancelled once its agent is gone.";

const EXTEND: Question = {
  consequence: "Each is kept for so much longer than its expiry says, or from now where that is over.",
};
const EVICT: Question = {
  ...{ isDanger: true, hasReason: true },
  consequence:
    "The volumes are deleted, and only a restore from the archive brings back what they held. Those that are pinned, in use, or of whose last turn there is no archive are kept.",
};

/** What a dialog says before each action that is asked about; apart from its name, since a list begins without. */
export const QUESTIONS: { [Kind in BulkKind]: { [Verb in BulkVerb]?: Question } } = {
  task: {
    cancel: {
      ...{ isDanger: true, hasReason: true },
      consequence:
        "What waits leaves the queue at once; what runs is stopped, and is cancelled once its agent is gone.",
    },
    retry: {
      consequence: "What has ended waits again, for a new attempt in its session. What runs is left alone.",
    },
    reprioritise: { title: "Set the priority", consequence: "Higher goes first. What has ended is left alone." },
    move: {
      consequence: "What waits goes to the other place, and by its limits. What runs stays where it is.",
    },
  },
  run: {
    cancel: {
      ...{ isDanger: true, hasReason: true },
      consequence: `${CANCEL_RUN} Their sessions stay: another message starts a new run.`,
    },
    retry: {
      consequence:
        "Each that failed gets a new run with the same profile, policy, workspace and session, and is asked the same again. Runs of tasks are retried by their queue.",
    },
  },
  session: {
    interrupt: { consequence: "The turn under way ends here. The run stays, and takes the next message." },
    cancel: { title: "Cancel runs of sessions", isDanger: true, hasReason: true, consequence: CANCEL_RUN },
    extend: EXTEND,
    evict: EVICT,
  },
  volume: { extend: EXTEND, evict: EVICT },
  approval: {
    deny: {
      ...{ isDanger: true, hasReason: true },
      consequence: "Each agent is told no, with the reason, and goes on without. An answer is given once.",
    },
  },
  runner: {
    drain: {
      ...{ isDanger: true, hasReason: true },
      consequence:
        "Each finishes the turn under way, takes nothing more and ends; turns that wait are given to other runners. Until one has ended this can be taken back.",
    },
    revoke: {
      ...{ title: "Revoke tokens of runners", isDanger: true, hasReason: true },
      consequence:
        "Nothing that they send is taken from then on, and their agents reach no model. Those that were started here are ended; the others have until their leases end. Each run then goes on or ends by its rule.",
    },
  },
};
