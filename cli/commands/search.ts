import { type Command, optionText } from "@/cli/command";
import { EXIT, UsageError } from "@/cli/failure";
import { printJson, printLines } from "@/cli/print";
import { type Column, formatTable } from "@/cli/table";
import { formatAge } from "@/components/ui/format";
import type { FoundMessage, FoundMessagePage } from "@/contract/conversation";

const LIMIT_DEFAULT = 20;
const PAGE_MAX = 50;

/** Finds messages by their words, the newest first. */
export const search: Command = {
  name: "search",
  usage: "WORDS",
  summary: "Find sessions by what was said in them",
  help: [
    "--session ID  only in this session",
    "--project ID  only in this project",
    `--limit N     messages at most, ${LIMIT_DEFAULT} unless told`,
  ],
  options: { session: { type: "string" }, project: { type: "string" }, limit: { type: "string" } },
  async run(io, typed) {
    const text = typed.words.join(" ");
    if (text === "") throw new UsageError("search needs words", 'agentrun search "flaky login"');
    const max = readLimit(optionText(typed, "limit"));
    const [sessionId, projectId] = [optionText(typed, "session"), optionText(typed, "project")];
    const filter = { text, ...(sessionId ? { sessionId } : {}), ...(projectId ? { projectId } : {}) };
    const items: FoundMessage[] = [];
    let cursor: string | null = null;
    do {
      const limit = Math.min(PAGE_MAX, max - items.length);
      const query: Record<string, unknown> = { ...filter, limit, ...(cursor === null ? {} : { cursor }) };
      const page: FoundMessagePage = await io.client.call({ method: "GET", path: "/sessions/search", query });
      if (io.form === "ndjson") printLines(io, page.items);
      items.push(...page.items);
      cursor = page.cursor;
      // A page may be short where the words are common.
    } while (cursor !== null && items.length < max && !io.signal.aborted);
    if (io.form === "json") printJson(io, { items, cursor });
    if (io.form !== "table") return EXIT.ok;
    if (items.length === 0) io.note("no message contains all of these words");
    else for (const line of formatTable(items, COLUMNS, io)) io.out(line);
    if (cursor !== null) io.note(`there may be more: --limit ${max * 4}`);
    return EXIT.ok;
  },
};

const COLUMNS: readonly Column<FoundMessage>[] = [
  { name: "SESSION", of: ({ sessionId }) => sessionId },
  { name: "WHEN", of: ({ at }) => formatAge(Date.parse(at), Date.now()) },
  { name: "WHO", of: ({ who }) => who },
  { name: "TITLE", of: ({ title }) => (title ?? "").slice(0, 40) },
  { name: "SAID", of: ({ snippet }) => snippet.map(({ text }) => text).join(""), canBeCut: true },
];

function readLimit(text: string | undefined): number {
  if (text === undefined) return LIMIT_DEFAULT;
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new UsageError(`--limit takes a number of messages, not “${text}”`);
  return Number(text);
}
