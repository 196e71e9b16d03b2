import { z } from "zod";
import { EVENTS_LIMIT_MAX } from "@/contract/page";
import { ReadTraceInput, type TracePage } from "@/contract/session";
import { brief, defineTool, type ToolCall } from "@/server/mcp/tool";
import { type Line, lineOf } from "@/server/mcp/transcript";

const CHARS_DEFAULT = 12_000;
const CHARS_MAX = 50_000;
/** Events that one call looks at, whatever is in them. */
const PAGES_MAX = 4;
const TAIL_EVENTS = 200;
const RUNS_TOLD = 20;

export const readSession = defineTool({
  name: "read_session",
  title: "Read a session",
  description:
    "Reads what was asked, said and done in a session, the oldest first: of its newest run, or of the one that is named. Where `nextAfterSeq` is answered there is more: call again with it as `afterSeq`. `runs` names the session's runs, the newest first, since a conversation goes through many. Long texts are cut: events.get by call_procedure has one whole.",
  nature: "reads",
  isForeign: true,
  needs: ["sessions.trace", "runs.list"],
  input: ReadTraceInput.pick({ sessionId: true, runId: true }).extend({
    afterSeq: ReadTraceInput.shape.afterSeq.optional().describe("Where to go on: what came after this event."),
    tail: z.boolean().default(false).describe("Begin with the last 200 events of the run, not with its first."),
    maxChars: z.int().min(1_000).max(CHARS_MAX).default(CHARS_DEFAULT).describe("Characters of this answer, about."),
  }),
  async run(call, { afterSeq, tail, maxChars, ...input }) {
    const runs = (await call.api.runs.list({ sessionId: input.sessionId, limit: RUNS_TOLD })).items;
    const start = afterSeq ?? (tail ? await tailOf(call, input) : 0);
    const read = await readLines(call, { ...input, afterSeq: start }, maxChars);
    const { lines, page, nextAfterSeq } = read;
    return {
      sessionId: input.sessionId,
      runId: page.runId,
      items: lines,
      ...(nextAfterSeq === null ? {} : { nextAfterSeq }),
      runs: runs.map((run) => brief(run, ["id", "status", "failureKind", "createdAt"])),
    };
  },
});

type Place = { sessionId: string; runId?: string; afterSeq: number };

async function tailOf({ api }: ToolCall, input: Omit<Place, "afterSeq">): Promise<number> {
  const { lastSeq } = await api.sessions.trace({ ...input, limit: 1 });
  return Math.max(0, lastSeq - TAIL_EVENTS);
}

/** Lines until there are enough of them; the page is the last that was read. */
async function readLines(
  { api }: ToolCall,
  place: Place,
  maxChars: number,
): Promise<{ lines: Line[]; page: TracePage; nextAfterSeq: number | null }> {
  const lines: Line[] = [];
  let { afterSeq } = place;
  let chars = 0;
  for (let pages = 1; ; pages += 1) {
    const page = await api.sessions.trace({ ...place, afterSeq, limit: EVENTS_LIMIT_MAX });
    for (const event of page.items) {
      const line = lineOf(event);
      // The first line is told however long it is, or nobody would come past it.
      if (line !== null && lines.length > 0 && chars + line.text.length > maxChars)
        return { lines, page, nextAfterSeq: afterSeq };
      afterSeq = event.seq;
      if (line === null) continue;
      chars += line.text.length;
      lines.push(line);
    }
    if (page.cursor === null || pages === PAGES_MAX)
      return { lines, page, nextAfterSeq: page.cursor === null ? null : afterSeq };
    // Pages of one run: the session may have got another meanwhile.
    place = { ...place, ...(page.runId === null ? {} : { runId: page.runId }) };
  }
}
