-- agentrun: outside a transaction
-- What was said in conversations, for a search by words. A loop of the worker fills it.
CREATE TABLE IF NOT EXISTS "agentrun_conversation_feed" (
	"is_only" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"epoch" text NOT NULL,
	"xid" "xid8" NOT NULL,
	"version" bigint NOT NULL
);
--> statement-breakpoint
CREATE TABLE IF NOT EXISTS "agentrun_conversation_reads" (
	"run_id" text PRIMARY KEY NOT NULL,
	"seq" integer NOT NULL,
	"command_id" text,
	CONSTRAINT "agentrun_conversation_reads_run_id_agentrun_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."agentrun_runs"("id") ON DELETE cascade ON UPDATE no action
);
--> statement-breakpoint
-- Only punctuation of ASCII is replaced: which other characters are letters is for PostgreSQL's parser to say.
CREATE TABLE IF NOT EXISTS "agentrun_conversation_texts" (
	"run_id" text NOT NULL,
	"seq" integer NOT NULL,
	"tenant_id" text NOT NULL,
	"project_id" text NOT NULL,
	"session_id" text NOT NULL,
	"command_id" text,
	"speaker" text NOT NULL,
	"at" timestamp with time zone NOT NULL,
	"text" text NOT NULL,
	"owners" text[] GENERATED ALWAYS AS (array['t:' || "tenant_id", 'p:' || "project_id", 's:' || "session_id"]::text[]) STORED NOT NULL,
	"words" "tsvector" GENERATED ALWAYS AS (strip(to_tsvector('simple'::regconfig, regexp_replace("text" || ' ' || regexp_replace(regexp_replace("text", '([a-z0-9])([A-Z])', '\1 \2', 'g'), '([A-Z])([A-Z][a-z])', '\1 \2', 'g'), '[\u0001-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u007f]+', ' ', 'g')))) STORED NOT NULL,
	CONSTRAINT "agentrun_conversation_texts_run_id_seq_pk" PRIMARY KEY("run_id","seq"),
	CONSTRAINT "agentrun_conversation_texts_run_id_agentrun_runs_id_fk" FOREIGN KEY ("run_id") REFERENCES "public"."agentrun_runs"("id") ON DELETE cascade ON UPDATE no action
);
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "agentrun_conversation_texts_words_idx" ON "agentrun_conversation_texts" USING gin ("words","owners") WITH (fastupdate=false);
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "agentrun_conversation_texts_newest_idx" ON "agentrun_conversation_texts" USING btree ("at","run_id","seq");
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "agentrun_conversation_texts_tenant_newest_idx" ON "agentrun_conversation_texts" USING btree ("tenant_id","at","run_id","seq");
--> statement-breakpoint
CREATE INDEX IF NOT EXISTS "agentrun_conversation_texts_session_newest_idx" ON "agentrun_conversation_texts" USING btree ("session_id","at","run_id","seq");
