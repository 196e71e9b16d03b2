import type { BulkKind, BulkVerb } from "@/contract/words";

type VerbWords = {
  /** On its button and in the sheet of keys. */
  name: string;
  keys: string;
  /** It can be taken back, and is done without a question; of the others a dialog says first what will happen. */
  isAtOnce?: true;
};

export const RECORD_NOUNS: Record<BulkKind, string> = {
  task: "task",
  run: "run",
  session: "session",
  volume: "volume",
  approval: "request",
  runner: "runner",
};

const CANCEL: VerbWords = { name: "Cancel", keys: "c" };
const RETRY: VerbWords = { name: "Retry", keys: "r" };

/** Of what can be done to sessions, what is done to their volumes. */
const OF_VOLUMES: { [Verb in BulkVerb]?: VerbWords } = {
  extend: { name: "Extend", keys: "e" },
  pin: { name: "Pin", keys: "p", isAtOnce: true },
  unpin: { name: "Unpin", keys: "P", isAtOnce: true },
  evict: { name: "Evict", keys: "E" },
};

/** What can be done to many of each kind, in the order of the buttons. */
const VERBS: { [Kind in BulkKind]: { [Verb in BulkVerb]?: VerbWords } } = {
  task: {
    cancel: CANCEL,
    retry: RETRY,
    reprioritise: { name: "Priority", keys: "+" },
    move: { name: "Move", keys: "e" },
  },
  run: { cancel: CANCEL, retry: RETRY },
  session: {
    read: { name: "Mark read", keys: "r", isAtOnce: true },
    unread: { name: "Mark unread", keys: "u", isAtOnce: true },
    interrupt: { name: "Interrupt", keys: "i" },
    cancel: { name: "Cancel runs", keys: "C" },
    ...OF_VOLUMES,
    delete: { name: "Delete", keys: "#" },
  },
  volume: OF_VOLUMES,
  approval: { deny: { name: "Deny", keys: "d" } },
  runner: {
    drain: { name: "Drain", keys: "d" },
    resume: { name: "Resume", keys: "r", isAtOnce: true },
    revoke: { name: "Revoke token", keys: "v" },
  },
};

export const wordsOf = (kind: BulkKind, verb: BulkVerb): VerbWords => VERBS[kind][verb] ?? { name: verb, keys: "" };

export const verbsOf = (kind: BulkKind): [BulkVerb, VerbWords][] =>
  Object.entries(VERBS[kind]) as [BulkVerb, VerbWords][];
