import type { Command, CreateCommandInput } from "./command";
import type { CreateRunInput, ExecutionPolicy, Run, WorkspaceRef } from "./run";

/** The sender, and the procedures that it calls. */
export type SendPorts = {
  /** Prefix of the idempotency keys, so that no two senders share one. */
  by: string;
  /** Whether an error says that the run had already ended. */
  isOver: (error: unknown) => boolean;
  createRun: (input: CreateRunInput) => Promise<Run>;
  createCommand: (input: CreateCommandInput) => Promise<Command>;
};

/** What a person or a program asks an agent. */
export type TurnInput = {
  text: string;
  /** Ids of the images that the message shows, which were uploaded to the session. */
  attachments?: readonly string[];
  /** The JSON Schema that the answer must fit. */
  outputSchema?: Record<string, unknown>;
};

export type MessageDraft = TurnInput & {
  /** One id for each message: after a double click or a lost answer, a retry finds what the first try made. */
  draftId: string;
  /**
   * Runs that may take the message; the first that accepts it gets it. They are the runs that an earlier try of this
   * message may have reached, and the session's open run.
   */
  runIds: readonly string[];
};

export type TurnDraft = MessageDraft & {
  session: { sessionId: string; backendProfile: string; tenantId: string; projectId: string };
  policy?: ExecutionPolicy;
  workspace?: WorkspaceRef;
};

/** Sends a turn to the session's open run, or to a new run where there is none. */
export async function sendTurn(ports: SendPorts, draft: TurnDraft): Promise<SentMessage> {
  const { sent } = await sendToRuns(ports, "turn", draft);
  if (sent !== null) return sent;
  const { session } = draft;
  const run = await ports.createRun({
    tenantId: session.tenantId,
    projectId: session.projectId,
    backendProfile: session.backendProfile,
    sessionRef: { sessionId: session.sessionId },
    ...(draft.policy === undefined ? {} : { executionPolicy: draft.policy }),
    ...(draft.workspace === undefined ? {} : { workspaceRef: draft.workspace }),
    idempotencyKey: `${ports.by}-run-${draft.draftId}`,
  });
  const command = await ports.createCommand(commandInput(ports, "turn", { ...draft, runId: run.id }));
  return { runId: run.id, command };
}

/**
 * Sends a message into the turn that a run has under way. Where an earlier try reached a run as a turn, or the other way
 * round, the server answers with an idempotency conflict: a message has one key, whichever way it goes.
 */
export async function sendSteer(ports: SendPorts, draft: MessageDraft): Promise<SentMessage> {
  const { sent, refusal } = await sendToRuns(ports, "steer", draft);
  if (sent === null) throw refusal;
  return sent;
}

type MessageType = "turn" | "steer";
type SentMessage = { runId: string; command: Command };
type Outcome = { sent: SentMessage | null; refusal: unknown };

/**
 * Sends to the first run that takes it: to none when each had ended before. If an earlier try had reached one, its key
 * finds that command even after the run's end.
 */
async function sendToRuns(ports: SendPorts, type: MessageType, draft: MessageDraft): Promise<Outcome> {
  let refusal: unknown = null;
  for (const runId of new Set(draft.runIds)) {
    try {
      const command = await ports.createCommand(commandInput(ports, type, { ...draft, runId }));
      return { sent: { runId, command }, refusal };
    } catch (error) {
      if (!ports.isOver(error)) throw error;
      refusal = error;
    }
  }
  return { sent: null, refusal };
}

type CommandDraft = TurnInput & { draftId: string; runId: string };

function commandInput({ by }: SendPorts, type: MessageType, draft: CommandDraft): CreateCommandInput {
  return { runId: draft.runId, type, payload: turnPayload(draft), idempotencyKey: turnKey(by, draft.draftId) };
}

/** Returns the key of the command that a sender makes of a draft, be it a turn or a steer. */
export function turnKey(by: string, draftId: string): string {
  return `${by}-turn-${draftId}`;
}

/** Returns the payload of a turn or steer, without the fields that are not asked for. */
export function turnPayload({ text, attachments = [], outputSchema }: TurnInput): Record<string, unknown> {
  return {
    text,
    ...(attachments.length === 0 ? {} : { attachments }),
    ...(outputSchema === undefined ? {} : { outputSchema }),
  };
}

/** Whether a run still takes commands. */
export function isOpen(run: Pick<Run, "status" | "cancelRequestedAt">): boolean {
  return (run.status === "pending" || run.status === "claimed") && run.cancelRequestedAt === null;
}

/** Returns the part of a text that is left to send after `sent`: the text may have grown meanwhile. */
export function unsentText(text: string, sent: string): string {
  return text.startsWith(sent) ? text.slice(sent.length) : text;
}
