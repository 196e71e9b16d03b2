import type { BulkKind, BulkVerb } from "@/contract/words";

type Words = {
  /** On its button and in the sheet of keys. */
  name: string;
  keys: string;
  /** What is under way, and what was done to each: `Cancelling`, `cancelled`. */
  doing: string;
  done: string;
  /** It can be taken back, and is done without a question; of the others a dialog says first what will happen. */
  isAtOnce?: true;
};

export const ONE: Record<BulkKind, string> = {
  task: "task",
  run: "run",
  session: "session",
  volume: "volume",
  approval: "request",
  runner: "runner",
};

const CANCEL: Words = { name: "Cancel", keys: "c", doing: "Cancelling", done: "cancelled" };

/** Of what can be done to sessions, what is done to their volumes. */
const OF_VOLUMES: { [Verb in BulkVerb]?: Words } = {
  extend: { name: "Extend", keys: "e", doing: "Extending", done: "kept for longer" },
  pin: { name: "Pin", keys: "p", doing: "Pinning", done: "pinned", isAtOnce: true },
  unpin: { name: "Unpin", keys: "P", doing: "Unpinning", done: "unpinned", isAtOnce: true },
  evict: { name: "Evict", keys: "E", doing: "Evicting", done: "evicted" },
};

/** What can be done to many of each kind, in the order of the buttons. */
const VERBS: { [Kind in BulkKind]: { [Verb in BulkVerb]?: Words } } = {
  task: {
    cancel: CANCEL,
    retry: { name: "Retry", keys: "r", doing: "Retrying", done: "sent again" },
    reprioritise: {
      ...{ name: "Priority", keys: "+", doing: "Setting the priority of", done: "given another priority" },
    },
    move: { name: "Move", keys: "e", doing: "Moving", done: "moved" },
  },
  run: {
    cancel: CANCEL,
    retry: { name: "Retry", keys: "r", doing: "Retrying", done: "run anew" },
  },
  session: {
    read: { name: "Mark read", keys: "r", doing: "Marking as read", done: "marked as read", isAtOnce: true },
    unread: { name: "Mark unread", keys: "u", doing: "Marking as unread", done: "marked as unread", isAtOnce: true },
    interrupt: { name: "Interrupt", keys: "i", doing: "Interrupting", done: "interrupted" },
    cancel: { name: "Cancel runs", keys: "C", doing: "Cancelling the runs of", done: "cancelled" },
    ...OF_VOLUMES,
  },
  volume: OF_VOLUMES,
  approval: {
    deny: { name: "Deny", keys: "d", doing: "Denying", done: "denied" },
  },
  runner: {
    drain: { name: "Drain", keys: "d", doing: "Draining", done: "told to drain" },
    resume: { name: "Resume", keys: "r", doing: "Resuming", done: "resumed", isAtOnce: true },
    revoke: { name: "Revoke token", keys: "v", doing: "Revoking the tokens of", done: "fenced" },
  },
};

export const wordsOf = (kind: BulkKind, verb: BulkVerb): Words =>
  VERBS[kind][verb] ?? { name: verb, keys: "", doing: verb, done: verb };

export const verbsOf = (kind: BulkKind): [BulkVerb, Words][] => Object.entries(VERBS[kind]) as [BulkVerb, Words][];
