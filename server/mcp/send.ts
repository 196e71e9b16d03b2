import { randomUUID } from "node:crypto";
import type { Command } from "@/contract/command";
import { isTerminal, type Run } from "@/contract/run";
import { runDefaults } from "@/contract/run-defaults";
import { isOpen, type SendPorts, sendTurn, type TurnDraft, turnKey } from "@/contract/send-turn";
import type { Session } from "@/contract/session";
import { payloadHash } from "@/server/idempotency";
import { faultFrom } from "@/server/rest";
import type { Api } from "./caller";

const BY = "mcp";

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
  const { key } = draft;
  const { items } = await api.runs.list({ sessionId: session.sessionId, limit: key === undefined ? 1 : KEYED_RUNS });
  const [last = null] = items;
  const runIds: string[] = [];
  for (const run of items.toReversed())
    if (isOpen(run) || (key !== undefined && (await mayHold(api, run, draftIdOf(session.sessionId, key)))))
      runIds.push(run.id);
  return send(api, session, draft, { runIds, last });
}

/**
 * Whether a run that takes no further message may hold one that was sent before. A run that has ended refuses any
 * other; one that is being cancelled would accept the message and cancel it.
 */
async function mayHold(api: Api, run: Run, draftId: string): Promise<boolean> {
  if (isTerminal(run.status)) return true;
  for (let afterSeq = 0; ; ) {
    const { items, cursor } = await api.commands.list({ runId: run.id, afterSeq });
    if (items.some(({ idempotencyKey }) => idempotencyKey === turnKey(BY, draftId))) return true;
    if (cursor === null) return false;
    afterSeq = Number(cursor);
  }
}

type SendTarget = { runIds: string[]; last: Run | null };

async function send(api: Api, session: Session, { key, ...draft }: Draft, { runIds, last }: SendTarget): Promise<Sent> {
  const draftId = draftIdOf(session.sessionId, key);
  return sendTurn(sendPorts(api), { draftId, ...draft, session, runIds, ...(await runDefaults(session, last)) });
}

function sendPorts(api: Api): SendPorts {
  return {
    by: BY,
    isOver: (error) => faultFrom(error).reason === "already-terminal",
    createRun: (input) => api.runs.create(input),
    createCommand: (input) => api.commands.create(input),
  };
}
