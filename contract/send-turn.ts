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

export type TurnDraft = TurnInput & {
  /** One id for each message: after a double click or a lost answer, a retry finds what the first try made. */
  draftId: string;
  session: { sessionId: string; backendProfile: string; tenantId: string; projectId: string };
  /**
   * Runs that may take the turn; the first that accepts it gets it. They are the runs that an earlier try of this
   * message may have reached, and the session's open run.
   */
  runIds: readonly string[];
  policy?: ExecutionPolicy;
  workspace?: WorkspaceRef;
};

/** Sends a turn to the session's open run, or to a new run where there is none. */
export async function sendTurn(ports: SendPorts, draft: TurnDraft): Promise<{ runId: string; command: Command }> {
  for (const runId of new Set(draft.runIds)) {
    const command = await trySendToRun(ports, draft, runId);
    if (command !== null) return { runId, command };
  }
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
  const command = await ports.createCommand(turnInput(ports, run.id, draft));
  return { runId: run.id, command };
}

/**
 * Returns null when the run ended before the turn reached it. If an earlier try had reached it, its key finds that
 * command even after the run's end.
 */
async function trySendToRun(ports: SendPorts, draft: TurnDraft, runId: string): Promise<Command | null> {
  try {
    return await ports.createCommand(turnInput(ports, runId, draft));
  } catch (error) {
    if (!ports.isOver(error)) throw error;
    return null;
  }
}

function turnInput(ports: SendPorts, runId: string, draft: TurnDraft): CreateCommandInput {
  const idempotencyKey = turnKey(ports.by, draft.draftId);
  return { runId, type: "turn", payload: turnPayload(draft), idempotencyKey };
}

/** Returns the key of the command that a sender makes of a draft. */
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
