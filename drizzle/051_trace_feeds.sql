CREATE TABLE "agentrun_trace_feeds" (
	"feed" text PRIMARY KEY NOT NULL,
	"epoch" text NOT NULL,
	"xid" "xid8" NOT NULL,
	"version" bigint NOT NULL,
	"sent" bigint DEFAULT 0 NOT NULL,
	"rejected" bigint DEFAULT 0 NOT NULL,
	"given_up" bigint DEFAULT 0 NOT NULL,
	"started_at" timestamp with time zone DEFAULT now() NOT NULL,
	"moved_at" timestamp with time zone DEFAULT now() NOT NULL
);
