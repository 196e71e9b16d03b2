CREATE TABLE "agentrun_device_sign_ins" (
	"id" text PRIMARY KEY NOT NULL,
	"device_hash" text NOT NULL,
	"user_hash" text NOT NULL,
	"state" text DEFAULT 'waiting' NOT NULL,
	"client" text NOT NULL,
	"address" text NOT NULL,
	"network" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"interval_seconds" integer NOT NULL,
	"polled_at" timestamp with time zone,
	"decided_at" timestamp with time zone,
	"decided_by" text,
	"decided_token_id" text
);
--> statement-breakpoint
CREATE UNIQUE INDEX "agentrun_device_sign_ins_device_idx" ON "agentrun_device_sign_ins" USING btree ("device_hash");--> statement-breakpoint
CREATE UNIQUE INDEX "agentrun_device_sign_ins_user_idx" ON "agentrun_device_sign_ins" USING btree ("user_hash");--> statement-breakpoint
CREATE INDEX "agentrun_device_sign_ins_expiry_idx" ON "agentrun_device_sign_ins" USING btree ("expires_at");