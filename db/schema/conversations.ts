import { type SQL, sql } from "drizzle-orm";
import { boolean, customType, index, integer, primaryKey, text } from "drizzle-orm/pg-core";
import { CONVERSATION_SPEAKERS } from "@/contract/conversation";
import { big, instant, table, xid8 } from "./columns";
import { runs } from "./runs";

const tsvector = customType<{ data: string; driverData: string }>({ dataType: () => "tsvector" });

/**
 * Messages of people and agents, so that a session can be found by what was said in it. A worker copies them from the
 * runs' stored, redacted events; they are removed with their run.
 */
export const conversationTexts = table(
  "conversation_texts",
  {
    runId: text()
      .notNull()
      .references(() => runs.id, { onDelete: "cascade" }),
    /** The event that holds the message. */
    seq: integer().notNull(),
    tenantId: text().notNull(),
    projectId: text().notNull(),
    sessionId: text().notNull(),
    /** The turn or steer that a person sent, or the turn of the agent's message; null where no event names it. */
    commandId: text(),
    speaker: text({ enum: CONVERSATION_SPEAKERS }).notNull(),
    at: instant().notNull(),
    /** Cut to 8,000 characters. */
    text: text().notNull(),
    /** A search looks up words and owners together in the index, so that it reads no other tenant's messages. */
    owners: text()
      .array()
      .notNull()
      .generatedAlwaysAs(
        (): SQL => sql`array['t:' || "tenant_id", 'p:' || "project_id", 's:' || "session_id"]::text[]`,
      ),
    /**
     * Words as they are written and the parts of `camelCase`. Punctuation of ASCII separates words, because PostgreSQL's
     * parser would keep `src/login.ts` as one word.
     */
    words: tsvector()
      .notNull()
      .generatedAlwaysAs(
        (): SQL =>
          sql.raw(
            `strip(to_tsvector('simple'::regconfig, regexp_replace("text" || ' ' || regexp_replace(regexp_replace("text", '([a-z0-9])([A-Z])', '\\1 \\2', 'g'), '([A-Z])([A-Z][a-z])', '\\1 \\2', 'g'), '[\\u0001-\\u002f\\u003a-\\u0040\\u005b-\\u0060\\u007b-\\u007f]+', ' ', 'g')))`,
          ),
      ),
  },
  (said) => [
    primaryKey({ columns: [said.runId, said.seq] }),
    // Without a pending list, which every search would have to read.
    index("agentrun_conversation_texts_words_idx").using("gin", said.words, said.owners).with({ fastupdate: false }),
    // The newest first: for words that stand in very many messages.
    index("agentrun_conversation_texts_newest_idx").on(said.at, said.runId, said.seq),
    index("agentrun_conversation_texts_tenant_newest_idx").on(said.tenantId, said.at, said.runId, said.seq),
    index("agentrun_conversation_texts_session_newest_idx").on(said.sessionId, said.at, said.runId, said.seq),
  ],
);

/** How far each run's events were read for messages. A run's events are stored in order, under its lock. */
export const conversationReads = table("conversation_reads", {
  runId: text()
    .primaryKey()
    .references(() => runs.id, { onDelete: "cascade" }),
  seq: integer().notNull(),
  /** The turn under way there. */
  commandId: text(),
});

/** A single row: how far the changes of sessions were followed. Meaningless in a feed of another epoch. */
export const conversationFeed = table("conversation_feed", {
  isOnly: boolean().primaryKey().default(true),
  epoch: text().notNull(),
  xid: xid8().notNull(),
  version: big().notNull(),
});
