import type { BulkKind, BulkVerb } from "@/contract/words";

/** What is under way, and what was done to each: `Cancelling`, `cancelled`. */
type ProgressWords = { doing: string; done: string };

const CANCEL: ProgressWords = { doing: "Cancelling", done: "cancelled" };
const VOLUME_WORDS: { [Verb in BulkVerb]?: ProgressWords } = {
  extend: { doing: "Extending", done: "extended" },
  pin: { doing: "Pinning", done: "pinned" },
  unpin: { doing: "Unpinning", done: "unpinned" },
  evict: { doing: "Evicting", done: "evicted" },
};

/** Apart from what a list's buttons say: it is told once something is done to many. */
const PROGRESS_WORDS: { [Kind in BulkKind]: { [Verb in BulkVerb]?: ProgressWords } } = {
  task: {
    cancel: CANCEL,
    retry: { doing: "Retrying", done: "queued again" },
    reprioritise: { doing: "Setting the priority of", done: "reprioritised" },
    move: { doing: "Moving", done: "moved" },
  },
  run: { cancel: CANCEL, retry: { doing: "Retrying", done: "run again" } },
  session: {
    read: { doing: "Marking as read", done: "marked as read" },
    unread: { doing: "Marking as unread", done: "marked as unread" },
    interrupt: { doing: "Interrupting", done: "interrupted" },
    cancel: { doing: "Cancelling the runs of", done: "cancelled" },
    ...VOLUME_WORDS,
    delete: { doing: "Deleting", done: "deleted" },
  },
  volume: VOLUME_WORDS,
  approval: { deny: { doing: "Denying", done: "denied" } },
  runner: {
    drain: { doing: "Draining", done: "draining" },
    resume: { doing: "Resuming", done: "resumed" },
    revoke: { doing: "Revoking the tokens of", done: "revoked" },
  },
};

export const progressWordsOf = (kind: BulkKind, verb: BulkVerb): ProgressWords =>
  PROGRESS_WORDS[kind][verb] ?? { doing: verb, done: verb };
