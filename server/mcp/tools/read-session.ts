import { z } from "zod";
import { EVENTS_LIMIT_MAX } from "@/contract/page";
import { ReadTraceInput } from "@/contract/session";
import { InvalidInputError } from "@/server/errors";
import { brief, defineTool, type ToolCall } from "@/server/mcp/tool";
import { type Line, lineOf } from "@/server/mcp/transcript";

const CHARS_DEFAULT = 12_000;
const CHARS_MAX = 50_000;
/** The maximum of pages of events that one call reads. */
const PAGES_MAX = 4;
const TAIL_EVENTS = 200;
const RUNS_TOLD = 20;

export const readSession = defineTool({
  name: "read_session",
  title: "Read a session",
  description:
    "Reads what was asked, said and done in a session, the oldest first: of its newest run, or of the one that is named. Where `next` is answered there is more: call again with what it holds. `runs` names the session's runs, the newest first, since a conversation goes through many. Long texts are cut: events.get by call_procedure has one whole.",
  nature: "reads",
  isForeign: true,
  needs: ["sessions.trace", "runs.list"],
  input: ReadTraceInput.pick({ sessionId: true, runId: true }).extend({
    afterSeq: ReadTraceInput.shape.afterSeq
      .unwrap()
      .optional()
      .describe("Where to go on in the run that runId names, as `next` said."),
    tail: z.boolean().default(false).describe("The end of the run, as much of it as fits, instead of its beginning."),
    maxChars: z.int().min(1_000).max(CHARS_MAX).default(CHARS_DEFAULT).describe("Characters of this answer, about."),
  }),
  async run(call, { afterSeq, tail, maxChars, ...input }) {
    // A seq belongs to one run, and the session's newest run may be another by now.
    if (afterSeq !== undefined && input.runId === undefined)
      throw new InvalidInputError("runId: afterSeq goes with the run that it was answered for");
    const runs = (await call.api.runs.list({ sessionId: input.sessionId, limit: RUNS_TOLD })).items;
    const read = tail
      ? await readEnd(call, input, maxChars)
      : await readLines(call, { ...input, afterSeq: afterSeq ?? 0 }, maxChars);
    const { lines, runId, nextAfterSeq } = read;
    return {
      sessionId: input.sessionId,
      runId,
      items: lines,
      ...(nextAfterSeq === null ? {} : { next: { sessionId: input.sessionId, runId, afterSeq: nextAfterSeq } }),
      runs: runs.map((run) => brief(run, ["id", "status", "failureKind", "createdAt"])),
    };
  },
});

type EventPosition = { sessionId: string; runId?: string; afterSeq: number };
type Read = { lines: Line[]; runId: string | null; nextAfterSeq: number | null };

/** Returns the last lines of a run that fit; nothing comes after them. */
async function readEnd({ api }: ToolCall, input: Omit<EventPosition, "afterSeq">, maxChars: number): Promise<Read> {
  const { lastSeq, runId } = await api.sessions.trace({ ...input, limit: 1 });
  const afterSeq = Math.max(0, lastSeq - TAIL_EVENTS);
  const named = runId === null ? {} : { runId };
  const { items } = await api.sessions.trace({ ...input, ...named, afterSeq, limit: EVENTS_LIMIT_MAX });
  const lines = items.flatMap((event) => lineOf(event) ?? []);
  let from = lines.length;
  for (let chars = 0; from > 0; from -= 1) {
    chars += sizeOf(lines[from - 1]);
    // The last line is returned however long it is.
    if (chars > maxChars && from < lines.length) break;
  }
  return { lines: lines.slice(from), runId, nextAfterSeq: null };
}

/** Returns lines until there are enough. */
async function readLines({ api }: ToolCall, position: EventPosition, maxChars: number): Promise<Read> {
  const lines: Line[] = [];
  let { afterSeq } = position;
  let chars = 0;
  for (let pages = 1; ; pages += 1) {
    const page = await api.sessions.trace({ ...position, afterSeq, limit: EVENTS_LIMIT_MAX });
    const { runId } = page;
    for (const event of page.items) {
      const line = lineOf(event);
      // The first line is returned however long it is, or nobody could read past it.
      if (line !== null && lines.length > 0 && chars + sizeOf(line) > maxChars)
        return { lines, runId, nextAfterSeq: afterSeq };
      afterSeq = event.seq;
      if (line === null) continue;
      chars += sizeOf(line);
      lines.push(line);
    }
    if (page.cursor === null || pages === PAGES_MAX)
      return { lines, runId, nextAfterSeq: page.cursor === null ? null : afterSeq };
    // All pages are of one run: the session may have got another meanwhile.
    position = { ...position, ...(runId === null ? {} : { runId }) };
  }
}

/** The size of a line in the answer, including its field names and punctuation. */
function sizeOf(line: Line | undefined): number {
  return JSON.stringify(line ?? null).length;
}
