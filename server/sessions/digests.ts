import { stripVTControlCharacters } from "node:util";
import { DIGEST_TEXT_MAX, type DigestSessionsInput, type SessionDigest, type SessionDigests } from "@/contract/session";
import { cleanText } from "@/contract/text";
import { written } from "@/contract/written";
import { readDigests, type TextEvent } from "@/db/queries/read-digests";
import { type ServiceContext, tenantOf } from "@/server/context";
import { iso } from "@/server/stored";
import { spentOf } from "@/server/usage";

/** Returns sessions in short, for a list: the tokens of their model calls, and what was said last. */
export async function digestSessions(
  ctx: ServiceContext,
  { sessionIds }: DigestSessionsInput,
): Promise<SessionDigests> {
  const rows = await readDigests(ctx.db, sessionIds, tenantOf(ctx));
  return {
    items: rows.map(({ sessionId, sums, said }) => ({
      sessionId,
      tokens: spentOf(sums),
      lastEvent: lastEventWithText(said),
    })),
  };
}

/** Returns the newest event that still has text after cleaning; null: there is none. */
function lastEventWithText(events: readonly TextEvent[]): SessionDigest["lastEvent"] {
  for (const event of events) {
    const text = truncate(lineOf(event));
    if (text === "") continue;
    const { runId, seq, type, createdAt } = event;
    return { runId, seq, type, text, createdAt: iso(new Date(createdAt)) };
  }
  return null;
}

/** Returns an event as one line; empty: it has no text. */
function lineOf(event: TextEvent): string {
  const { type, text = "", command = "", exitCode, status } = event;
  switch (type) {
    case "user_message":
      return oneLine(text) === "" ? "" : written.asked(oneLine(text));
    case "command_output":
    case "tool_output":
      return lastLine(text);
    case "command_execution":
      return command === ""
        ? ""
        : `${written.command(oneLine(command))}${exitCode === undefined ? "" : ` · exit ${exitCode}`}`;
    case "tool_call":
      return oneLine(event.tool ?? "");
    case "file_change": {
      const { path, change: kind = "update", files = 1 } = event;
      return path === undefined
        ? ""
        : `${oneLine(written.change({ path, kind }))}${files > 1 ? ` and ${files - 1} more` : ""}`;
    }
    case "approval_request":
    case "approval_decision":
      return written.approval(
        oneLine(command || event.asks || "approval"),
        oneLine(event.decision ?? status ?? "pending"),
      );
    case "terminal_status":
      return written.end(oneLine(status ?? "ended"), oneLine(text) || null);
    default:
      return oneLine(text);
  }
}

/** Returns a text without terminal escapes and control characters. */
function withoutControlCharacters(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it takes out.
  return cleanText(stripVTControlCharacters(text)).replaceAll(/(?![\t\r\n])[\u0000-\u001f\u007f-\u009f]/g, "");
}

function oneLine(text: string): string {
  return withoutControlCharacters(text).replaceAll(/\s+/g, " ").trim();
}

function lastLine(text: string): string {
  return oneLine(
    withoutControlCharacters(text)
      .split(/[\r\n]+/)
      .findLast((line) => line.trim() !== "") ?? "",
  );
}

function truncate(text: string): string {
  const characters = [...text];
  return characters.length <= DIGEST_TEXT_MAX ? text : `${characters.slice(0, DIGEST_TEXT_MAX - 1).join("")}…`;
}
