import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { Doc, DocEntry, DocList, DocMatches, GetDocInput, SearchDocsInput } from "@/contract/docs";
import type { ServiceContext } from "@/server/context";
import { NotFoundError } from "@/server/errors";
import { type ParsedDoc, parseDoc, plainText } from "./parse";

type KnownDoc = { name: string; text: string; parsed: ParsedDoc };

/** Documents come with the program and do not change while it runs. */
const known = new Map<string, KnownDoc[]>();
const MATCHES_MAX = 50;
const EXCERPT_LENGTH = 160;
/** Where readers should begin; the others follow by name. */
const FIRST = ["architecture", "queue", "storage", "configuration"];

/** Lists the documents that come with the program, with their headings. */
export function listDocs(ctx: ServiceContext): DocList {
  return { items: docsOf(ctx).map(toEntry) };
}

/** Returns one document, as Markdown. */
export function getDoc(ctx: ServiceContext, { name }: GetDocInput): Doc {
  const doc = docsOf(ctx).find((candidate) => candidate.name === name);
  if (!doc) throw new NotFoundError("document", name);
  return { ...toEntry(doc), text: doc.text };
}

/** Returns the sections that contain a text, in any case; those with it in their heading come first. */
export function searchDocs(ctx: ServiceContext, { search }: SearchDocsInput): DocMatches {
  const needle = search.trim().toLowerCase();
  if (needle === "") return { items: [], isPartial: false };
  const found = docsOf(ctx).flatMap(({ name, parsed: { title, sections } }) =>
    sections.flatMap(({ heading, text }) => {
      const isNamed = (heading?.text ?? title).toLowerCase().includes(needle);
      const excerpt = excerptOf(text, needle);
      if (!isNamed && excerpt === null) return [];
      const place = { name, title, heading: heading?.text ?? title, anchor: heading?.anchor ?? null };
      return [{ isNamed, match: { ...place, excerpt: excerpt ?? firstWords(text) } }];
    }),
  );
  const items = found.sort((a, b) => Number(b.isNamed) - Number(a.isNamed)).map(({ match }) => match);
  return { items: items.slice(0, MATCHES_MAX), isPartial: items.length > MATCHES_MAX };
}

function docsOf({ settings }: ServiceContext): KnownDoc[] {
  const { docsFolder } = settings;
  const read = known.get(docsFolder) ?? readDocs(docsFolder);
  known.set(docsFolder, read);
  return read;
}

function readDocs(folder: string): KnownDoc[] {
  const docs = readdirSync(folder)
    .filter((file) => file.endsWith(".md"))
    .map((file) => {
      const text = readFileSync(path.join(folder, file), "utf8");
      return { name: file.slice(0, -".md".length).toLowerCase().replaceAll("_", "-"), text, parsed: parseDoc(text) };
    });
  const place = ({ name }: KnownDoc) => (FIRST.includes(name) ? FIRST.indexOf(name) : FIRST.length);
  return docs.sort((a, b) => place(a) - place(b) || (a.name < b.name ? -1 : 1));
}

function toEntry({ name, parsed }: KnownDoc): DocEntry {
  return { name, title: parsed.title, headings: parsed.sections.flatMap(({ heading }) => heading ?? []) };
}

/** Returns the words around the first occurrence of a text; null: there is none. */
function excerptOf(text: string, needle: string): string | null {
  for (const line of text.split("\n")) {
    const plain = plainText(line).replaceAll(/\s+/g, " ");
    const at = plain.toLowerCase().indexOf(needle);
    if (at === -1) continue;
    const from = Math.max(0, at - EXCERPT_LENGTH / 2);
    const to = from + EXCERPT_LENGTH;
    return `${from > 0 ? "…" : ""}${plain.slice(from, to).trim()}${to < plain.length ? "…" : ""}`;
  }
  return null;
}

function firstWords(text: string): string {
  const plain = plainText(text.trim().split("\n")[0] ?? "");
  return plain.length > EXCERPT_LENGTH ? `${plain.slice(0, EXCERPT_LENGTH).trim()}…` : plain;
}
