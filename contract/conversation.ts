import { z } from "zod";
import { RecordId, requiredText } from "./ids";
import { Cursor, pageLimit, pageOf } from "./page";

/** Who said something: a person, or the session's own agent. */
export const CONVERSATION_SPEAKERS = ["user", "agent"] as const;

const SEARCH_LIMIT_MAX = 50;
/** Maximum characters of a snippet, without its ellipses. */
export const SNIPPET_MAX = 240;

export const SearchConversationsInput = z.strictObject({
  /**
   * Words that one message must all contain, in any order and ignoring case. The last word may be only the beginning of
   * one, from 3 characters on.
   */
  text: requiredText(200).refine((text) => /[\p{L}\p{N}]/u.test(text), "must contain a letter or a digit"),
  sessionId: RecordId.optional(),
  tenantId: RecordId.optional(),
  projectId: RecordId.optional(),
  cursor: Cursor.optional(),
  limit: pageLimit(SEARCH_LIMIT_MAX),
});
export type SearchConversationsInput = z.infer<typeof SearchConversationsInput>;

/** A message that contains all words. */
export const FoundMessage = z.object({
  sessionId: z.string(),
  title: z.string().nullable(),
  runId: z.string(),
  /** The turn or steer that a person sent, or the turn in which the agent spoke; null where no event says. */
  commandId: z.string().nullable(),
  /** The event that holds the message. */
  seq: z.number(),
  who: z.enum(CONVERSATION_SPEAKERS),
  at: z.string(),
  /** Part of the message around the first words found; all parts together are one text. */
  snippet: z.array(z.object({ text: z.string(), isMatch: z.boolean() })),
});
export type FoundMessage = z.infer<typeof FoundMessage>;

/** The newest message first. A page may be short, or even empty: only a null cursor is the end. */
export const FoundMessagePage = pageOf(FoundMessage);
export type FoundMessagePage = z.infer<typeof FoundMessagePage>;
