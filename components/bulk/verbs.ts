import type { BulkKind, BulkVerb } from "@/contract/words";

type Words = {
  /** On its button and in the sheet of keys. */
  name: string;
  /** Of its dialog; `Cancel runs` where it is left out. */
  title?: string;
  keys: string;
  /** What is under way, and what was done to each: `Cancelling`, `cancelled`. */
  doing: string;
  done: string;
  /** What will happen, in the operator's terms; none: it can be taken back, and is done at once. */
  consequence?: string;
  isDanger?: boolean;
  hasReason?: boolean;
};

export const ONE: Record<BulkKind, string> = { task: "task", run: "run", session: "session", approval: "request" };

const CANCEL_RUN =
  "What waits is cancelled at once; what is under way is interrupted, and is cancelled once its agent is gone.";

/** What can be done to many of each kind, in the order of the buttons. */
export const VERBS: { [Kind in BulkKind]: { [Verb in BulkVerb]?: Words } } = {
  task: {
    cancel: {
      ...{ name: "Cancel", keys: "c", doing: "Cancelling", done: "cancelled", isDanger: true, hasReason: true },
      consequence:
        "What waits leaves the queue at once; what runs is stopped, and is cancelled once its agent is gone.",
    },
    retry: {
      ...{ name: "Retry", keys: "r", doing: "Retrying", done: "sent again" },
      consequence: "What has ended waits again, for a new attempt in its session. What runs is left alone.",
    },
    reprioritise: {
      ...{
        name: "Priority",
        title: "Set the priority",
        keys: "+",
        doing: "Setting the priority of",
        done: "given another priority",
      },
      consequence: "Higher goes first. What has ended is left alone.",
    },
    move: {
      ...{ name: "Move", keys: "e", doing: "Moving", done: "moved" },
      consequence: "What waits goes to the other place, and by its limits. What runs stays where it is.",
    },
  },
  run: {
    cancel: {
      ...{ name: "Cancel", keys: "c", doing: "Cancelling", done: "cancelled", isDanger: true, hasReason: true },
      consequence: `${CANCEL_RUN} Their sessions stay: another message starts a new run.`,
    },
    retry: {
      ...{ name: "Retry", keys: "r", doing: "Retrying", done: "run anew" },
      consequence:
        "Each that failed gets a new run with the same profile, policy, workspace and session, and is asked the same again. Runs of tasks are retried by their queue.",
    },
  },
  session: {
    read: { name: "Mark read", keys: "r", doing: "Marking as read", done: "marked as read" },
    unread: { name: "Mark unread", keys: "u", doing: "Marking as unread", done: "marked as unread" },
    interrupt: {
      ...{ name: "Interrupt", keys: "i", doing: "Interrupting", done: "interrupted" },
      consequence: "The turn under way ends here. The run stays, and takes the next message.",
    },
    cancel: {
      ...{
        name: "Cancel runs",
        title: "Cancel runs of sessions",
        keys: "C",
        doing: "Cancelling the runs of",
        done: "cancelled",
        isDanger: true,
      },
      ...{ hasReason: true, consequence: CANCEL_RUN },
    },
    extend: {
      ...{ name: "Extend", keys: "e", doing: "Extending", done: "kept for longer" },
      consequence: "Each is kept for so much longer than its expiry says, or from now where that is over.",
    },
    pin: { name: "Pin", keys: "p", doing: "Pinning", done: "pinned" },
    unpin: { name: "Unpin", keys: "P", doing: "Unpinning", done: "unpinned" },
    evict: {
      ...{ name: "Evict", keys: "E", doing: "Evicting", done: "evicted", isDanger: true, hasReason: true },
      consequence:
        "The volumes are deleted, and only a restore from the archive brings back what they held. Those that are pinned, in use, or of whose last turn there is no archive are kept.",
    },
  },
  approval: {
    deny: {
      ...{ name: "Deny", keys: "d", doing: "Denying", done: "denied", isDanger: true, hasReason: true },
      consequence: "Each agent is told no, with the reason, and goes on without. An answer is given once.",
    },
  },
};

export const wordsOf = (kind: BulkKind, verb: BulkVerb): Words =>
  VERBS[kind][verb] ?? { name: verb, keys: "", doing: verb, done: verb };

export const verbsOf = (kind: BulkKind): [BulkVerb, Words][] => Object.entries(VERBS[kind]) as [BulkVerb, Words][];
