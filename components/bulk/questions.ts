import type { BulkKind, BulkVerb } from "@/contract/words";

type Question = {
  /** `Cancel runs` where it is left out. */
  title?: string;
  /** What will happen, in the operator's terms. */
  consequence: string;
  isDanger?: true;
  hasReason?: true;
  /** What the number means that is typed to confirm. */
  confirmation?: string;
};

const CANCEL_RUN = "Waiting runs are cancelled now. Running ones are interrupted first.";

const EXTEND: Question = {
  consequence: "Extends each expiry by this much, or from now if it has passed.",
};
const EVICT: Question = {
  ...{ isDanger: true, hasReason: true },
  consequence:
    "The volumes are deleted and can be restored from the archive. Volumes that are pinned, in use or not fully archived are kept.",
  confirmation: "This many volumes will be deleted.",
};

/** What a dialog says before each action that is asked about; apart from its name, since a list begins without. */
export const QUESTIONS: { [Kind in BulkKind]: { [Verb in BulkVerb]?: Question } } = {
  task: {
    cancel: {
      ...{ isDanger: true, hasReason: true },
      consequence: "Waiting tasks leave the queue now. Running tasks are stopped first.",
    },
    retry: {
      consequence: "These tasks are queued again in their sessions. Running tasks are not affected.",
    },
    reprioritise: { title: "Set priority", consequence: "Higher starts first. Ended tasks are not affected." },
    move: {
      consequence: "Waiting tasks move and follow the new limits. Running tasks are not affected.",
    },
  },
  run: {
    cancel: {
      ...{ isDanger: true, hasReason: true },
      consequence: `${CANCEL_RUN} Sessions are kept: a new message starts a new run.`,
    },
    retry: {
      consequence:
        "Each failed run starts again with the same prompt, profile, policy, workspace and session. Runs of tasks are retried by the queue.",
    },
  },
  session: {
    interrupt: { consequence: "The current turn ends. The run continues with the next message." },
    cancel: { title: "Cancel runs of sessions", isDanger: true, hasReason: true, consequence: CANCEL_RUN },
    extend: EXTEND,
    evict: EVICT,
    delete: {
      ...{ isDanger: true, hasReason: true },
      consequence:
        "The sessions are deleted with their runs, events, volumes and archives, pinned ones too. Waiting runs are cancelled. Sessions with an active run are kept. This cannot be undone.",
      confirmation: "This many sessions will be deleted.",
    },
  },
  volume: { extend: EXTEND, evict: EVICT },
  approval: {
    deny: {
      ...{ isDanger: true, hasReason: true },
      consequence: "Each request is declined with the reason, and the agent continues without it. Answers are final.",
    },
  },
  runner: {
    drain: {
      ...{ isDanger: true, hasReason: true },
      consequence:
        "Each finishes its current turn, then ends. Waiting turns move to other runners. You can resume until a runner has ended.",
    },
    revoke: {
      ...{ title: "Revoke tokens of runners", isDanger: true, hasReason: true },
      consequence:
        "The server rejects everything they send, and their agents lose model access. Runners started here are ended; others keep their runs until the lease expires. Each run then continues or ends by its policy.",
    },
  },
};
