import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { type Command, optionText, optionTexts, type ParsedArgs } from "@/cli/command";
import { EXIT, RefusedError, UsageError } from "@/cli/failure";
import { readImages, uploadImages } from "@/cli/images";
import type { Io } from "@/cli/io";
import { newestRun } from "@/cli/newest-run";
import { printJson } from "@/cli/print";
import { followTurn, type Sent } from "@/cli/turn";
import { COMMAND_PAYLOADS, type Command as RunCommand } from "@/contract/command";
import type { Run } from "@/contract/run";
import { runDefaults } from "@/contract/run-defaults";
import { isOpen, type SendPorts, sendTurn, type TurnInput } from "@/contract/send-turn";
import type { Session } from "@/contract/session";

const PROFILE_DEFAULT = "demo";

/** Sends an agent a message and shows what it does until its turn has ended. */
export const run: Command = {
  name: "run",
  usage: "TEXT, or - for what is piped in",
  summary: "Send an agent a message and watch its turn",
  help: [
    "--session ID   go on with this session; else a new one",
    `--profile P    of a new session, ${PROFILE_DEFAULT} unless told`,
    "--schema FILE  a JSON Schema of the answer: what is printed is JSON that fits it, and nothing else",
    "--image FILE   show the agent an image; given again, several",
    "--detach       print the ids and leave",
    "Ctrl-C interrupts the turn; a second one leaves it running.",
  ],
  options: {
    session: { type: "string" },
    profile: { type: "string" },
    schema: { type: "string" },
    image: { type: "string", multiple: true },
    detach: { type: "boolean" },
  },
  async run(io, typed) {
    const input = readTurnInput(typed);
    const images = readImages(optionTexts(typed, "image"));
    const session = await findOrCreateSession(io, typed);
    const attachments = await uploadImages(io, session.sessionId, images);
    const sent = await send(io, session, { ...input, attachments });
    if (typed.options.detach === true) {
      if (io.form === "table") io.out(`${sent.sessionId} ${sent.runId} ${sent.commandId}`);
      else printJson(io, sent);
      return EXIT.ok;
    }
    io.note(`session ${sent.sessionId}`);
    return input.outputSchema === undefined ? followTurn(io, sent) : followOutput(io, sent);
  },
};

function readTurnInput(typed: ParsedArgs): TurnInput {
  const { words } = typed;
  const text = words.length === 1 && words[0] === "-" ? readFileSync(0, "utf8") : words.join(" ");
  if (text.trim() === "") throw new UsageError("run needs something to say", `agentrun run "write a file"`);
  const outputSchema = readSchema(typed);
  const input = { text, ...(outputSchema === undefined ? {} : { outputSchema }) };
  // Checked before a session is made for it.
  const [issue] = COMMAND_PAYLOADS.turn.safeParse(input).error?.issues ?? [];
  if (issue === undefined) return input as TurnInput;
  const [field, ...fieldPath] = issue.path.map(String);
  if (field === "outputSchema")
    throw new UsageError(
      `--schema is no schema of an answer: ${[fieldPath.join("."), issue.message].filter(Boolean).join(": ")}`,
    );
  throw new UsageError(`what is to be said cannot be sent: ${issue.message}`);
}

function readSchema(typed: ParsedArgs): unknown {
  const file = optionText(typed, "schema");
  if (file === undefined) return undefined;
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new UsageError(`${file} cannot be read as JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Shows the turn as notes; only its output is data. */
async function followOutput(io: Io, sent: Sent): Promise<number> {
  const code = await followTurn({ ...io, form: "table", out: io.note }, sent);
  if (code !== EXIT.ok) return code;
  const path = `/commands/${encodeURIComponent(sent.commandId)}`;
  const { state, output } = await io.client.call<RunCommand>({ method: "GET", path });
  if (output !== null) {
    printJson(io, output);
    return EXIT.ok;
  }
  // Its run may have ended before the turn, and a runner of the previous release does not know schemas.
  io.note(`its turn is ${state}, and has no output`);
  return EXIT.failed;
}

async function findOrCreateSession(io: Io, typed: ParsedArgs): Promise<Session> {
  const sessionId = optionText(typed, "session");
  const profile = optionText(typed, "profile");
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

/** Sends the message to the session's open run, else to a new run with the settings of its last one. */
async function send(io: Io, session: Session, input: TurnInput): Promise<Sent> {
  const last = (await newestRun(io, session.sessionId)) ?? null;
  const openRun = last !== null && isOpen(last) ? last : null;
  const runIds = openRun === null ? [] : [openRun.id];
  const draft = { draftId: randomUUID(), ...input, session, runIds, ...(await runDefaults(session, last)) };
  const { runId, command } = await sendTurn(sendPorts(io), draft);
  // Events of a new run are read from the first.
  const afterSeq = runId === openRun?.id ? openRun.lastEventSeq : 0;
  return { sessionId: session.sessionId, runId, commandId: command.id, afterSeq };
}

function sendPorts({ client }: Io): SendPorts {
  const commandsPath = (runId: string) => `/runs/${encodeURIComponent(runId)}/commands`;
  return {
    by: "cli",
    isOver: (error) => error instanceof RefusedError && error.body.reason === "already-terminal",
    createRun: (body) => client.call<Run>({ method: "POST", path: "/runs", body }),
    createCommand: ({ runId, ...body }) => client.call<RunCommand>({ method: "POST", path: commandsPath(runId), body }),
  };
}
