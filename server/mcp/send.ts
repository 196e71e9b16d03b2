import { randomUUID } from "node:crypto";
import type { Command } from "@/contract/command";
import { runDefaults } from "@/contract/run-defaults";
import { isOpen, type SendPorts, sendTurn } from "@/contract/send-turn";
import type { Session } from "@/contract/session";
import { payloadHash } from "@/server/idempotency";
import { faultFrom } from "@/server/rest";
import type { Api } from "./caller";

/** What a message's draft is known by: the caller's own key, or none that comes again. */
export function draftIdOf(idempotencyKey: string | undefined): string {
  return idempotencyKey === undefined ? randomUUID() : payloadHash(idempotencyKey).slice(0, 40);
}

/** Sends a session a message: to its open run, else to a new one that is made as its last. */
export async function sendMessage(
  api: Api,
  session: Session,
  draft: { draftId: string; text: string },
): Promise<{ runId: string; command: Command }> {
  const { items } = await api.runs.list({ sessionId: session.sessionId, limit: 1 });
  const [last = null] = items;
  const openRun = last !== null && isOpen(last) ? last : null;
  return sendTurn(sendPorts(api), { ...draft, session, openRun, ...(await runDefaults(session, last)) });
}

function sendPorts(api: Api): SendPorts {
  return {
    by: "mcp",
    isOver: (error) => faultFrom(error).reason === "already-terminal",
    createRun: (input) => api.runs.create(input),
    createCommand: (input) => api.commands.create(input),
    listCommands: async (runId) => (await api.commands.list({ runId, limit: 100 })).items,
  };
}
