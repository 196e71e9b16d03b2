import type { TurnPatch } from "./turn-patches";

/** Git's own first line of a patch in a mailbox: what is behind “From” has no meaning. */
const MAIL_START = `From ${"0".repeat(40)} Mon Sep 17 00:00:00 2001`;
/** Git shows so much of a commit's first line in its lists. */
const SUBJECT_MAX = 72;

/**
 * Writes turns as `git format-patch` writes commits, for `git am`: one message for each turn, with what was asked as its
 * subject, since git applies changes of the same file in one patch wrongly. Files that a patch lacks are named in the
 * message. Those of a turn of which nothing is left stand in the next message, or behind the last.
 */
export class MailboxWriter {
  #omitted: string[] = [];

  /** Returns the messages of a turn; empty where nothing of it is left. */
  write(turn: TurnPatch): string {
    this.#omitted.push(...turn.omittedPaths.map((path) => `Left out, too long to be stored: ${toLine(path)}`));
    return turn.patches.map((patch, index) => this.#message(turn, index, patch)).join("");
  }

  /** Returns what stands behind the last message. */
  end(): string {
    return this.#omitted
      .splice(0)
      .map((line) => `# ${line}\n`)
      .join("");
  }

  #message({ runId, turnId, asked, at, patches }: TurnPatch, index: number, patch: string): string {
    const step = patches.length === 1 ? "" : ` (${index + 1} of ${patches.length})`;
    return [
      MAIL_START,
      "From: AgentRun <agentrun@agentrun.invalid>",
      `Date: ${new Date(at).toUTCString().replace("GMT", "+0000")}`,
      `Subject: [PATCH] ${subjectOf(asked, turnId)}${step}`,
      "MIME-Version: 1.0",
      "Content-Type: text/plain; charset=UTF-8",
      "Content-Transfer-Encoding: 8bit",
      "",
      `Turn ${toLine(turnId)} of run ${toLine(runId)}.`,
      ...this.#omitted.splice(0),
      "---",
      "",
      `${patch}`,
    ].join("\n");
  }
}

function subjectOf(asked: string, turnId: string): string {
  const line = toLine(asked);
  if (line === "") return `Turn ${toLine(turnId)}`;
  const characters = [...line];
  return characters.length <= SUBJECT_MAX ? line : `${characters.slice(0, SUBJECT_MAX - 1).join("")}…`;
}

/** As one line, whatever the text: a line of its own would go on as a header, or as a patch. */
function toLine(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: line breaks of every kind are what has to go.
  return text.replace(/[\s\u0000-\u001f\u007f\u0085\u2028\u2029]+/g, " ").trim();
}
