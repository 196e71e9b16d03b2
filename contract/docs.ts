import { z } from "zod";
import { text } from "./ids";

/** A document's name: its file name in lower case, without the extension. */
export const GetDocInput = z.strictObject({ name: z.string().regex(/^[a-z0-9-]{1,64}$/, "a document's name") });
export type GetDocInput = z.infer<typeof GetDocInput>;

export const SearchDocsInput = z.strictObject({ search: text(200).default("") });
export type SearchDocsInput = z.infer<typeof SearchDocsInput>;

export const DocHeading = z.object({
  text: z.string(),
  anchor: z.string(),
  level: z.number(),
  /** Line number in the document's text, from 1. */
  line: z.number(),
});
export type DocHeading = z.infer<typeof DocHeading>;

export const DocEntry = z.object({ name: z.string(), title: z.string(), headings: z.array(DocHeading) });
export type DocEntry = z.infer<typeof DocEntry>;
export const DocList = z.object({ items: z.array(DocEntry) });
export type DocList = z.infer<typeof DocList>;

/** A document in markdown, as it is shipped with the program. */
export const Doc = DocEntry.extend({ text: z.string() });
export type Doc = z.infer<typeof Doc>;

/** The sections that contain the search text, in the documents' order. */
export const DocMatches = z.object({
  items: z.array(
    z.object({
      name: z.string(),
      title: z.string(),
      /** The heading of the section, or the document's title for text before the first section. */
      heading: z.string(),
      anchor: z.string().nullable(),
      excerpt: z.string(),
    }),
  ),
  /** There are more matches than are listed. */
  isPartial: z.boolean(),
});
export type DocMatches = z.infer<typeof DocMatches>;
