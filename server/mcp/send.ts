import { randomUUID } from "node:crypto";
import type { Command } from "@/contract/command";
import type { Run } from "@/contract/run";
import { runDefaults } from "@/contract/run-defaults";
import { isOpen, type SendPorts, sendTurn, type TurnDraft } from "@/contract/send-turn";
import type { Session } from "@/contract/session";
import { payloadHash } from "@/server/idempotency";
import { faultFrom } from "@/server/rest";
import type { Api } from "./caller";

/** A message, and the caller's own key for it. */
export type Draft = Pick<TurnDraft, "text" | "outputSchema"> & { key: string | undefined };
type Sent = { runId: string; command: Command };

/** Returns a draft's id: made from the caller's own key for this session, or a random one. */
export function draftIdOf(sessionId: string, key: string | undefined): string {
  return key === undefined ? randomUUID() : payloadHash([sessionId, key]).slice(0, 40);
}

/** Begins a session's conversation with a run of its own. A second try finds that run, whatever has come after it. */
export function sendFirst(api: Api, session: Session, draft: Draft): Promise<Sent> {
  return send(api, session, draft, { runIds: [], last: null });
}

/** How many of a session's newest runs a repeated message is looked for in. */
const KEYED_RUNS = 5;

/**
 * Sends a message to a session's open run, or to a new one that is made like the last run. With a key, the newest runs
 * are tried first, the oldest of them before the others, even those that have ended: a first try whose answer was lost
 * may have gone there.
 */
export async function sendMessage(api: Api, session: Session, draft: Draft): Promise<Sent> {
  const isKeyed = draft.key !== undefined;
  const { items } = await api.runs.list({ sessionId: session.sessionId, limit: isKeyed ? KEYED_RUNS : 1 });
  const [last = null] = items;
  const candidates = items.filter((run) => isKeyed || isOpen(run)).toReversed();
  return send(api, session, draft, { runIds: candidates.map(({ id }) => id), last });
}

type SendTarget = { runIds: string[]; last: Run | null };

async function send(api: Api, session: Session, { key, ...draft }: Draft, { runIds, last }: SendTarget): Promise<Sent> {
  const draftId = draftIdOf(session.sessionId, key);
  return sendTurn(sendPorts(api), { draftId, ...draft, session, runIds, ...(await runDefaults(session, last)) });
}

function sendPorts(api: Api): SendPorts {
  return {
    by: "mcp",
    isOver: (error) => faultFrom(error).reason === "already-terminal",
    createRun: (input) => api.runs.create(input),
    createCommand: (input) => api.commands.create(input),
  };
}
