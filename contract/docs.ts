import { z } from "zod";
import { text } from "./ids";

/** A document's name: its file's, without the ending, in small letters. */
export const GetDocInput = z.strictObject({ name: z.string().regex(/^[a-z0-9-]{1,64}$/, "a document's name") });
export type GetDocInput = z.infer<typeof GetDocInput>;

export const SearchDocsInput = z.strictObject({ search: text(200).default("") });
export type SearchDocsInput = z.infer<typeof SearchDocsInput>;

export const DocHeading = z.object({
  text: z.string(),
  anchor: z.string(),
  level: z.number(),
  /** Of the document's text, from 1. */
  line: z.number(),
});
export type DocHeading = z.infer<typeof DocHeading>;

export const DocEntry = z.object({ name: z.string(), title: z.string(), headings: z.array(DocHeading) });
export type DocEntry = z.infer<typeof DocEntry>;
export const DocList = z.object({ items: z.array(DocEntry) });
export type DocList = z.infer<typeof DocList>;

/** A document as it lies beside the program, in markdown. */
export const Doc = DocEntry.extend({ text: z.string() });
export type Doc = z.infer<typeof Doc>;

/** Sections that hold what was looked for, in the documents' order. */
export const DocMatches = z.object({
  items: z.array(
    z.object({
      name: z.string(),
      title: z.string(),
      /** Of the section; the document's own where it stands before the first. */
      heading: z.string(),
      anchor: z.string().nullable(),
      excerpt: z.string(),
    }),
  ),
  /** There are more than are told. */
  isPartial: z.boolean(),
});
export type DocMatches = z.infer<typeof DocMatches>;
