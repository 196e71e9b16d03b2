import { hashKey } from "@tanstack/react-query";
import { EMPTY_DRAFT, errorsByField, inputOf, type TaskDraft } from "@/components/queue/add/add-task";
import type { ShownError } from "@/components/trpc/errors";
import { issuesOf } from "@/components/trpc/issues";
import { escapeHidden } from "@/components/ui/hidden-characters";
import type { CreateScheduleInput, Schedule, ScheduleTask, UpdateScheduleInput } from "@/contract/schedule";
import { CATCH_UP_DEFAULT_MS, type ScheduleOverlap } from "@/contract/words";
import { USUAL_CRON } from "./plans";

/** What of a schedule a person says. Its task is typed into fields, or as JSON; `typed` is null while that is wrong. */
export type ScheduleDraft = {
  name: string;
  cron: string;
  timeZone: string;
  overlap: ScheduleOverlap;
  catchUpMs: number;
  jitterMs: number;
  /** Instants; null is no bound. */
  startsAt: string | null;
  endsAt: string | null;
  as: "form" | "json";
  task: TaskDraft;
  expiresAfterMs: number | null;
  json: string;
  typed: ScheduleTask | null;
};

export function newDraft(timeZone: string, project = ""): ScheduleDraft {
  return {
    ...{ name: "", cron: USUAL_CRON, timeZone, overlap: "skip", catchUpMs: CATCH_UP_DEFAULT_MS },
    ...{ jitterMs: 0, startsAt: null, endsAt: null },
    ...{
      as: "form",
      task: { ...EMPTY_DRAFT, profile: "", queue: "", project },
      expiresAfterMs: null,
      json: "",
      typed: null,
    },
  };
}

/** A schedule as it is, to be changed. A task of which the fields cannot show all is begun as JSON. */
export function draftOf({ task, ...schedule }: Schedule): ScheduleDraft {
  const { name, cron, timeZone, overlap, catchUpMs, jitterMs, startsAt, endsAt } = schedule;
  return { ...{ name, cron, timeZone, overlap, catchUpMs, jitterMs, startsAt, endsAt }, ...taskPartOf(task) };
}

function taskPartOf(task: ScheduleTask): Pick<ScheduleDraft, "as" | "task" | "expiresAfterMs" | "json" | "typed"> {
  return {
    ...{ as: fitsForm(task) ? "form" : "json", task: fieldsOf(task), expiresAfterMs: task.expiresAfterMs ?? null },
    ...{ json: jsonOf(task), typed: task },
  };
}

/** A task as it is typed, with what hides in it written out. */
export function jsonOf(task: ScheduleTask | null): string {
  return escapeHidden(JSON.stringify(task, null, 2));
}

/** The task that a draft means, with what of `base` the fields do not show; null while its JSON is wrong. */
export function taskOf(draft: ScheduleDraft, defaultProfile: string, base: ScheduleTask | null): ScheduleTask | null {
  if (draft.as === "json") return draft.typed;
  const { task, expiresAfterMs } = draft;
  return taskOfFields({ ...task, profile: task.profile || defaultProfile }, expiresAfterMs, base);
}

/** What is asked for to make it; null while its JSON is wrong. */
export function createInputOf(draft: ScheduleDraft, defaultProfile: string): CreateScheduleInput | null {
  const task = taskOf(draft, defaultProfile, null);
  if (task === null) return null;
  const { overlap, catchUpMs, jitterMs } = draft;
  const project = draft.task.project.trim();
  return {
    ...texts(draft),
    ...boundsOf(draft),
    ...(project === "" ? {} : { projectId: project }),
    overlap,
    catchUpMs,
    jitterMs,
    isPaused: false,
    task,
  };
}

const texts = ({ name, cron, timeZone }: ScheduleDraft) => ({
  ...{ name: name.trim(), cron: cron.trim(), timeZone: timeZone.trim() },
});

/** As a new schedule and a preview of its plan take them. */
export function boundsOf({ startsAt, endsAt }: Pick<ScheduleDraft, "startsAt" | "endsAt">) {
  return { ...(startsAt === null ? {} : { startsAt }), ...(endsAt === null ? {} : { endsAt }) };
}

const isSame = (one: unknown, other: unknown): boolean => hashKey([one]) === hashKey([other]);

export type ScheduleChange = Omit<UpdateScheduleInput, "scheduleId" | "expectedVersion">;

/** What differs from the schedule as it was seen, and nothing else: the rest is not this person's to overwrite. */
export function changeOf(loaded: Schedule, draft: ScheduleDraft): ScheduleChange {
  const { name, cron, timeZone } = texts(draft);
  const changedFields = PLAIN.filter((field) => draft[field] !== loaded[field]);
  const task = taskOf(draft, loaded.task.backendProfile, fitsForm(loaded.task) ? loaded.task : null);
  return {
    ...(name === loaded.name ? {} : { name }),
    ...(cron === loaded.cron ? {} : { cron }),
    ...(timeZone === loaded.timeZone ? {} : { timeZone }),
    ...Object.fromEntries(changedFields.map((field) => [field, draft[field]])),
    ...(task === null || isSame(task, loaded.task) ? {} : { task }),
  };
}

/** What is chosen, and not typed. */
const PLAIN = ["overlap", "catchUpMs", "jitterMs", "startsAt", "endsAt"] as const;

/** A draft beside a schedule that was changed meanwhile: what the other has changed as it is now, the rest as it was typed. */
export function rebased(draft: ScheduleDraft, loaded: Schedule, now: Schedule): ScheduleDraft {
  const changed = PLAIN.filter((field) => now[field] !== loaded[field]);
  return {
    ...draft,
    ...(now.name === loaded.name ? {} : { name: now.name }),
    ...(now.cron === loaded.cron ? {} : { cron: now.cron }),
    ...(now.timeZone === loaded.timeZone ? {} : { timeZone: now.timeZone }),
    ...Object.fromEntries(changed.map((field) => [field, now[field]])),
    ...(isSame(now.task, loaded.task) ? {} : taskPartOf(now.task)),
  };
}

/** Of each object of a task, what the fields show. */
const SHOWN = {
  payload: ["text", "outputSchema"],
  metadata: ["concurrencyKey"],
  retry: ["maxAttempts", "backoffMs", "onUsageLimit"],
  executionPolicy: ["sandbox", "approval", "model"],
} as const;

function fieldsOf(task: ScheduleTask): TaskDraft {
  const { payload, metadata = {}, retry = {}, executionPolicy = {}, workspaceRef, references = [] } = task;
  const git = workspaceRef?.kind === "git" ? workspaceRef : null;
  return {
    ...{ ...EMPTY_DRAFT, title: task.title, profile: task.backendProfile },
    ...{ queue: task.queue ?? "", lane: task.lane ?? "", priority: textOf(task.priority) },
    ...{ text: textOf(payload.text), session: task.sessionId ?? "", key: textOf(metadata.concurrencyKey) },
    ...{ attempts: textOf(retry.maxAttempts), onUsageLimit: retry.onUsageLimit ?? "" },
    backoffSeconds: retry.backoffMs === undefined ? "" : String(retry.backoffMs / 1_000),
    ...{ workspaceUrl: git?.url ?? "", workspaceRef: git?.ref ?? "", workspaceFolder: git?.subdir ?? "" },
    ...{ sandbox: executionPolicy.sandbox ?? "", approval: executionPolicy.approval ?? "" },
    schema: payload.outputSchema === undefined ? "" : JSON.stringify(payload.outputSchema, null, 2),
    ...{ model: executionPolicy.model ?? "", references: references.map(textOf).join("\n") },
  };
}

const textOf = (value: unknown): string =>
  typeof value === "string" || typeof value === "number" ? String(value) : "";

function taskOfFields(fields: TaskDraft, expiresAfterMs: number | null, base: ScheduleTask | null): ScheduleTask {
  // A project is the schedule's own.
  const { projectId: _projectId, ...typed } = inputOf(fields);
  const objects = (Object.keys(SHOWN) as (keyof typeof SHOWN)[]).flatMap((name) => {
    const shown: readonly string[] = SHOWN[name];
    const kept = Object.entries(base?.[name] ?? {}).filter(([key]) => !shown.includes(key));
    const merged = { ...Object.fromEntries(kept), ...typed[name] };
    return name === "payload" || Object.keys(merged).length > 0 ? [[name, merged]] : [];
  });
  return {
    ...(base?.providerId === undefined ? {} : { providerId: base.providerId }),
    ...(base?.resourceBundleRef === undefined ? {} : { resourceBundleRef: base.resourceBundleRef }),
    ...typed,
    ...Object.fromEntries(objects),
    ...(expiresAfterMs === null ? {} : { expiresAfterMs }),
  };
}

/** Whether the fields lose nothing of a task, and nothing can hide in them: what they do not show is kept. */
export function fitsForm(task: ScheduleTask): boolean {
  const json = JSON.stringify(task);
  if (escapeHidden(json) !== json) return false;
  return isSame(taskOfFields(fieldsOf(task), task.expiresAfterMs ?? null, task), task);
}

export type ScheduleErrors = {
  name?: string;
  cron?: string;
  timeZone?: string;
  startsAt?: string;
  endsAt?: string;
  task: ReturnType<typeof errorsByField>;
};

const PLAN_FIELDS = ["cron", "timeZone", "startsAt", "endsAt"] as const;

/** What the server refused, by the field that it is about; `task.form` holds what is about none. */
export function errorsOf(error: ShownError | null): ScheduleErrors {
  if (error === null) return { task: {} };
  const issues = issuesOf(error);
  const faultOf = (name: string) =>
    issues.find(({ path }) => path === name)?.message ?? fieldMessage(error.message, name);
  const planFaults = PLAN_FIELDS.map((field) => [field, faultOf(field)] as const);
  const name = error.reason === "already-exists" ? error.message : faultOf("name");
  const errors: Omit<ScheduleErrors, "task"> = Object.fromEntries(
    [["name", name] as const, ...planFaults].filter(([, message]) => message !== undefined),
  );
  const otherIssues = issues.filter(({ path }) => !(path in errors));
  if (Object.keys(errors).length > 0 && otherIssues.length === 0) return { ...errors, task: {} };
  const ofTask = otherIssues.map((issue) => ({ ...issue, path: issue.path.replace(/^task\./, "") }));
  return { ...errors, task: errorsByField({ ...error, details: { ...error.details, issues: ofTask } }) };
}

/** A plan's message names its field first: `cron: …`. */
function fieldMessage(message: string, field: string): string | undefined {
  return message.startsWith(`${field}: `) ? message.slice(field.length + 2) : undefined;
}
