import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { type Command, type Typed, textOf } from "@/cli/command";
import { EXIT, RefusedError, UsageError } from "@/cli/failure";
import type { Io } from "@/cli/io";
import { newestRun } from "@/cli/newest-run";
import { printJson } from "@/cli/print";
import { followTurn, type Sent } from "@/cli/turn";
import type { Command as RunCommand } from "@/contract/command";
import type { Run } from "@/contract/run";
import type { Session } from "@/contract/session";

const PROFILE_DEFAULT = "demo";

/** Sends an agent a message and shows what it does, until its turn has ended. */
export const run: Command = {
  name: "run",
  usage: "TEXT, or - for what is piped in",
  summary: "Send an agent a message and watch its turn",
  help: [
    "--session ID   go on with this session; else a new one",
    `--profile P    of a new session, ${PROFILE_DEFAULT} unless told`,
    "--detach       print the ids and leave",
    "Ctrl-C interrupts the turn; a second one leaves it running.",
  ],
  options: { session: { type: "string" }, profile: { type: "string" }, detach: { type: "boolean" } },
  async run(io, typed) {
    const text = readText(typed);
    const session = await sessionFor(io, typed);
    const sent = await send(io, session, text);
    if (typed.options.detach === true) {
      if (io.form === "table") io.out(`${sent.sessionId} ${sent.runId} ${sent.commandId}`);
      else printJson(io, sent);
      return EXIT.ok;
    }
    io.note(`session ${sent.sessionId}`);
    return followTurn(io, sent);
  },
};

function readText({ words }: Typed): string {
  const text = words.length === 1 && words[0] === "-" ? readFileSync(0, "utf8") : words.join(" ");
  if (text.trim() === "") throw new UsageError("run needs something to say", `agentrun run "write a file"`);
  return text;
}

async function sessionFor(io: Io, typed: Typed): Promise<Session> {
  const sessionId = textOf(typed, "session");
  const profile = textOf(typed, "profile");
  if (sessionId === undefined) {
    const body = { backendProfile: profile ?? PROFILE_DEFAULT };
    return io.client.call<Session>({ method: "POST", path: "/sessions", body });
  }
  const path = `/sessions/${encodeURIComponent(sessionId)}`;
  const session = await io.client.call<Session>({ method: "GET", path });
  if (profile !== undefined && profile !== session.backendProfile)
    throw new UsageError(
      `session ${sessionId} is one of ${session.backendProfile}, and stays so`,
      "leave out --profile",
    );
  return session;
}

/** To the session's open run, else to a new one that is made as its last. */
async function send(io: Io, session: Session, text: string): Promise<Sent> {
  const { sessionId } = session;
  const last = await newestRun(io, sessionId);
  const messageId = randomUUID();
  if (last !== undefined && isOpen(last)) {
    const command = await sendTurn(io, last.id, { text, messageId }).catch((error: unknown) => {
      // It ended before the turn reached it.
      if (error instanceof RefusedError && error.body.reason === "already-terminal") return null;
      throw error;
    });
    if (command !== null) return { sessionId, runId: last.id, commandId: command.id, afterSeq: last.lastEventSeq };
  }
  const made = await io.client.call<Run>({
    method: "POST",
    path: "/runs",
    body: {
      tenantId: session.tenantId,
      projectId: session.projectId,
      backendProfile: session.backendProfile,
      sessionRef: { sessionId },
      ...(last === undefined ? {} : { executionPolicy: last.executionPolicy }),
      ...(last === undefined || last.workspaceRef === null ? {} : { workspaceRef: last.workspaceRef }),
      idempotencyKey: `cli-run-${messageId}`,
    },
  });
  const command = await sendTurn(io, made.id, { text, messageId });
  return { sessionId, runId: made.id, commandId: command.id, afterSeq: made.lastEventSeq };
}

function isOpen({ status, cancelRequestedAt }: Run): boolean {
  return (status === "pending" || status === "claimed") && cancelRequestedAt === null;
}

function sendTurn(io: Io, runId: string, { text, messageId }: { text: string; messageId: string }) {
  return io.client.call<RunCommand>({
    method: "POST",
    path: `/runs/${encodeURIComponent(runId)}/commands`,
    body: { type: "turn", payload: { text }, idempotencyKey: `cli-turn-${messageId}` },
  });
}
