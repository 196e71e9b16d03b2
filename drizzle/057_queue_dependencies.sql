CREATE TABLE "agentrun_queue_dependencies" (
	"task_id" text NOT NULL,
	"depends_on_id" text NOT NULL,
	"on_failed" text NOT NULL,
	CONSTRAINT "agentrun_queue_dependencies_task_id_depends_on_id_pk" PRIMARY KEY("task_id","depends_on_id")
);
--> statement-breakpoint
CREATE TABLE "agentrun_queue_dependency_doubts" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "agentrun_queue_dependency_doubts_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"ended_id" text,
	"judged_to" text DEFAULT '' NOT NULL,
	"task_id" text,
	CONSTRAINT "agentrun_queue_dependency_doubts_kind_check" CHECK (("agentrun_queue_dependency_doubts"."ended_id" is null) <> ("agentrun_queue_dependency_doubts"."task_id" is null))
);
--> statement-breakpoint
CREATE TABLE "agentrun_queue_failed_dependencies" (
	"tenant_id" text NOT NULL,
	"task_id" text NOT NULL,
	CONSTRAINT "agentrun_queue_failed_dependencies_tenant_id_task_id_pk" PRIMARY KEY("tenant_id","task_id")
);
--> statement-breakpoint
ALTER TABLE "agentrun_queue_dependencies" ADD CONSTRAINT "agentrun_queue_dependencies_task_id_agentrun_queue_tasks_id_fk" FOREIGN KEY ("task_id") REFERENCES "public"."agentrun_queue_tasks"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "agentrun_queue_dependencies" ADD CONSTRAINT "agentrun_queue_dependencies_depends_on_id_agentrun_queue_tasks_id_fk" FOREIGN KEY ("depends_on_id") REFERENCES "public"."agentrun_queue_tasks"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "agentrun_queue_failed_dependencies" ADD CONSTRAINT "agentrun_queue_failed_dependencies_task_id_agentrun_queue_tasks_id_fk" FOREIGN KEY ("task_id") REFERENCES "public"."agentrun_queue_tasks"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "agentrun_queue_dependencies_dependents_idx" ON "agentrun_queue_dependencies" USING btree ("depends_on_id","task_id");--> statement-breakpoint
-- What has ended is noted where others come after it, whoever ends it. They are judged by the dispatcher, and not here:
-- an end must neither lock them nor wait for who has.
CREATE FUNCTION agentrun_note_dependency_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	-- To begin an insert that has nothing to add would cost ten times as much as to look.
	IF EXISTS (SELECT FROM agentrun_queue_dependencies known WHERE known.depends_on_id = NEW.id) THEN
		INSERT INTO agentrun_queue_dependency_doubts (ended_id) VALUES (NEW.id);
	END IF;
	RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER agentrun_queue_tasks_note_end AFTER UPDATE OF state ON agentrun_queue_tasks FOR EACH ROW
WHEN (OLD.state <> NEW.state AND NEW.state IN ('completed', 'failed', 'cancelled'))
EXECUTE FUNCTION agentrun_note_dependency_end();
--> statement-breakpoint
-- One that is held though what it came after was deleted: nothing else would have it judged.
CREATE FUNCTION agentrun_note_dependency_loss() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	INSERT INTO agentrun_queue_dependency_doubts (task_id)
	SELECT id FROM agentrun_queue_tasks
	WHERE id = OLD.task_id AND state = 'pending' AND not_before = timestamptz '9999-12-30 00:00:00+00';
	RETURN NULL;
END $$;
--> statement-breakpoint
CREATE TRIGGER agentrun_queue_dependencies_note_loss AFTER DELETE ON agentrun_queue_dependencies FOR EACH ROW
EXECUTE FUNCTION agentrun_note_dependency_loss();
