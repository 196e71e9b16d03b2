import type { Command, CreateCommandInput } from "./command";
import type { CreateRunInput, ExecutionPolicy, Run, WorkspaceRef } from "./run";

/** Who sends, and the procedures that it needs. */
export type SendPorts = {
  /** What the keys begin with by which a second try is known: two senders never share one. */
  by: string;
  /** Whether an error says that the run had ended already. */
  isOver: (error: unknown) => boolean;
  createRun: (input: CreateRunInput) => Promise<Run>;
  createCommand: (input: CreateCommandInput) => Promise<Command>;
};

/** What a person or a program asks of an agent. */
export type Ask = {
  text: string;
  /** Of images that it shows, which were uploaded to the session. */
  attachments?: readonly string[];
  /** What its answer is to fit. */
  outputSchema?: Record<string, unknown>;
};

export type TurnDraft = Ask & {
  /** One per message: a double click or a retry after a lost answer finds what the first one made. */
  draftId: string;
  session: { sessionId: string; backendProfile: string; tenantId: string; projectId: string };
  /**
   * Runs that it may go to, the first that takes it: those that an earlier try of this message went to, whose answer may
   * have been lost, and the session's open one.
   */
  runIds: readonly string[];
  policy?: ExecutionPolicy;
  workspace?: WorkspaceRef;
};

/** Sends a turn: to the session's open run, else to a new one. */
export async function sendTurn(ports: SendPorts, draft: TurnDraft): Promise<{ runId: string; command: Command }> {
  for (const runId of new Set(draft.runIds)) {
    const command = await tryRun(ports, draft, runId);
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

/** null when the run ended before the turn reached it. One that it had reached answers its key, ended or not. */
async function tryRun(ports: SendPorts, draft: TurnDraft, runId: string): Promise<Command | null> {
  try {
    return await ports.createCommand(turnInput(ports, runId, draft));
  } catch (error) {
    if (!ports.isOver(error)) throw error;
    return null;
  }
}

function turnInput(ports: SendPorts, runId: string, draft: TurnDraft): CreateCommandInput {
  const idempotencyKey = `${ports.by}-turn-${draft.draftId}`;
  return { runId, type: "turn", payload: askPayload(draft), idempotencyKey };
}

/** The payload of a turn or steer: what is not asked for is not in it. */
export function askPayload({ text, attachments = [], outputSchema }: Ask): Record<string, unknown> {
  return {
    text,
    ...(attachments.length === 0 ? {} : { attachments }),
    ...(outputSchema === undefined ? {} : { outputSchema }),
  };
}

/** A run that still takes commands. */
export function isOpen(run: Pick<Run, "status" | "cancelRequestedAt">): boolean {
  return (run.status === "pending" || run.status === "claimed") && run.cancelRequestedAt === null;
}

/** What of a text is still to be sent once `sent` was, which may have been written on meanwhile. */
export function leftToSend(text: string, sent: string): string {
  return text.startsWith(sent) ? text.slice(sent.length) : text;
}
