import { type Command, optionText } from "@/cli/command";
import { EXIT, UsageError } from "@/cli/failure";
import type { Io } from "@/cli/io";
import { printJson, printLines } from "@/cli/print";
import { formatTable } from "@/cli/table";
import { nearest } from "@/contract/query/nearest";
import { readQuery } from "@/contract/query/read";
import { LISTINGS, type Listing } from "./lists";

type Page = { items: never[]; cursor: string | null };

const LIMIT_DEFAULT = 50;
/** Maximum rows of one page, as the API bounds it. */
const PAGE_MAX = 200;

/** Prints a list of the console, narrowed by the same query language. */
export const ls: Command = {
  name: "ls",
  usage: `${Object.keys(LISTINGS).join("|")} [QUERY]`,
  summary: "List, narrowed as in the console: state:failed age<2h profile:demo",
  help: [`--limit N   rows at most, ${LIMIT_DEFAULT} unless told; all: every one`],
  options: { limit: { type: "string" } },
  async run(io, typed) {
    const [name = "", ...words] = typed.words;
    const listing = Object.hasOwn(LISTINGS, name) ? LISTINGS[name] : undefined;
    if (listing === undefined) {
      const suggestion = nearest(name, Object.keys(LISTINGS)) ?? Object.keys(LISTINGS).join(", ");
      throw new UsageError(
        name === "" ? "ls needs to know what" : `there is no list of “${name}”`,
        `agentrun ls ${suggestion}`,
      );
    }
    const max = readLimit(optionText(typed, "limit"));
    await print(io, listing, readInput(listing, words.join(" ")), max);
    return EXIT.ok;
  },
};

function readLimit(text: string | undefined): number {
  if (text === undefined) return LIMIT_DEFAULT;
  if (text === "all") return Number.POSITIVE_INFINITY;
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new UsageError(`--limit takes a number of rows or “all”, not “${text}”`);
  return Number(text);
}

function readInput(listing: Listing<never, never>, text: string): object {
  const { filter, problems } = readQuery(listing.query, text);
  const [first] = problems;
  if (first !== undefined) throw new UsageError(first.message, first.fix);
  return listing.input(filter);
}

async function print(io: Io, listing: Listing<never, never>, input: object, max: number): Promise<void> {
  const items: never[] = [];
  let cursor: string | null = null;
  do {
    const limit = Math.min(PAGE_MAX, max - items.length);
    const query = { ...input, limit, ...(cursor === null ? {} : { cursor }) };
    const page: Page = await io.client.call<Page>({ method: "GET", path: listing.path, query });
    if (io.form === "ndjson") printLines(io, page.items);
    items.push(...page.items);
    cursor = page.cursor;
    // A page may be short where a condition is checked row by row.
  } while (cursor !== null && items.length < max && !io.signal.aborted);
  if (io.form === "json") printJson(io, { items, cursor });
  if (io.form !== "table") return;
  if (items.length === 0) io.note("nothing");
  else for (const line of formatTable(items, listing.columns, io)) io.out(line);
  if (cursor !== null) io.note(`there are more: --limit ${max * 4}, or --limit all`);
}
