import type { ShownError } from "@/components/trpc/errors";
import { issuesOf } from "@/components/trpc/issues";
import { instantOf } from "@/components/ui/time/instant";
import { attachmentsIn } from "@/contract/image";
import { jsonIn } from "@/contract/json-in";
import type { CreateTaskInput } from "@/contract/queue";
import { APPROVAL_POLICIES, ON_DEPENDENCY_FAILED, ON_USAGE_LIMIT, SANDBOX_MODES } from "@/contract/words";

/** The fields of a new task, as they are typed. */
export type TaskDraft = {
  title: string;
  text: string;
  profile: string;
  /** Empty: the usual one. */
  project: string;
  queue: string;
  lane: string;
  priority: string;
  session: string;
  runAt: string;
  expiresAt: string;
  key: string;
  attempts: string;
  backoffSeconds: string;
  onUsageLimit: string;
  workspaceUrl: string;
  workspaceRef: string;
  workspaceFolder: string;
  sandbox: string;
  approval: string;
  model: string;
  /** A JSON Schema of the answer. */
  schema: string;
  /** One a line. */
  references: string;
  /** Ids of the tasks that it comes after, one a line. */
  after: string;
  onDependencyFailed: string;
  /** "append", or empty. */
  dependencyResults: string;
};

export const EMPTY_DRAFT: Omit<TaskDraft, "profile" | "queue"> = {
  ...{ title: "", text: "", project: "", lane: "", priority: "0", session: "", runAt: "", expiresAt: "", key: "" },
  ...{ attempts: "", backoffSeconds: "", onUsageLimit: "", schema: "", references: "" },
  ...{ after: "", onDependencyFailed: "", dependencyResults: "" },
  ...{ workspaceUrl: "", workspaceRef: "", workspaceFolder: "", sandbox: "", approval: "", model: "" },
};

/** What the server is asked for: what was left empty is left to the server. */
export function inputOf(draft: TaskDraft): CreateTaskInput {
  const [title, text, lane] = [draft.title.trim(), draft.text.trim(), draft.lane.trim()];
  const [queue, session, key] = [draft.queue.trim(), draft.session.trim(), draft.key.trim()];
  const schema = draft.schema.trim();
  const project = draft.project.trim();
  const [runAt, expiresAt] = [instantOf(draft.runAt), instantOf(draft.expiresAt)];
  const retry = retryOf(draft);
  const executionPolicy = policyOf(draft);
  const workspaceRef = workspaceOf(draft);
  const references = linesOf(draft.references);
  return {
    title,
    backendProfile: draft.profile,
    payload: {
      ...(text === "" ? {} : { text }),
      // What is no JSON is sent as it is: the server says that it is no schema.
      ...(schema === "" ? {} : { outputSchema: jsonIn(schema) ?? schema }),
    },
    ...(project === "" ? {} : { projectId: project }),
    ...(queue === "" ? {} : { queue }),
    ...(lane === "" ? {} : { lane }),
    ...(draft.priority.trim() === "" ? {} : { priority: Number(draft.priority) }),
    ...(session === "" ? {} : { sessionId: session }),
    ...(runAt === null ? {} : { runAt }),
    ...(expiresAt === null ? {} : { expiresAt }),
    ...(key === "" ? {} : { metadata: { concurrencyKey: key } }),
    ...(Object.keys(retry).length === 0 ? {} : { retry }),
    ...(Object.keys(executionPolicy).length === 0 ? {} : { executionPolicy }),
    ...(workspaceRef === null ? {} : { workspaceRef }),
    ...(references.length === 0 ? {} : { references }),
    ...orderOf(draft),
  };
}

/** The task with images behind those that its payload names already. */
export function withImages(input: CreateTaskInput, ids: readonly string[]): CreateTaskInput {
  if (ids.length === 0) return input;
  const attachments = [...new Set([...attachmentsIn(input.payload), ...ids])];
  return { ...input, payload: { ...input.payload, attachments } };
}

export function linesOf(text: string): string[] {
  return text.split("\n").flatMap((line) => line.trim() || []);
}

function orderOf(draft: TaskDraft): Pick<CreateTaskInput, "dependsOn" | "onDependencyFailed" | "dependencyResults"> {
  const dependsOn = linesOf(draft.after).map((taskId) => ({ taskId }));
  const onDependencyFailed = ON_DEPENDENCY_FAILED.find((option) => option === draft.onDependencyFailed);
  if (dependsOn.length === 0) return {};
  return {
    dependsOn,
    ...(onDependencyFailed === undefined ? {} : { onDependencyFailed }),
    ...(draft.dependencyResults === "append" ? { dependencyResults: draft.dependencyResults } : {}),
  };
}

function policyOf({ sandbox, approval, model }: TaskDraft): NonNullable<CreateTaskInput["executionPolicy"]> {
  const known = {
    sandbox: SANDBOX_MODES.find((mode) => mode === sandbox),
    approval: APPROVAL_POLICIES.find((policy) => policy === approval),
  };
  return {
    ...(known.sandbox === undefined ? {} : { sandbox: known.sandbox }),
    ...(known.approval === undefined ? {} : { approval: known.approval }),
    ...(model.trim() === "" ? {} : { model: model.trim() }),
  };
}

/** A repository; without one the agent begins in an empty folder. */
function workspaceOf(draft: TaskDraft): CreateTaskInput["workspaceRef"] | null {
  const [url, ref, subdir] = [draft.workspaceUrl.trim(), draft.workspaceRef.trim(), draft.workspaceFolder.trim()];
  if (url === "" && ref === "" && subdir === "") return null;
  return { kind: "git", url, ...(ref === "" ? {} : { ref }), ...(subdir === "" ? {} : { subdir }) };
}

function retryOf(draft: TaskDraft): NonNullable<CreateTaskInput["retry"]> {
  const onUsageLimit = ON_USAGE_LIMIT.find((option) => option === draft.onUsageLimit);
  return {
    ...(draft.attempts.trim() === "" ? {} : { maxAttempts: Number(draft.attempts) }),
    ...(draft.backoffSeconds.trim() === "" ? {} : { backoffMs: Math.round(Number(draft.backoffSeconds) * 1_000) }),
    ...(onUsageLimit === undefined ? {} : { onUsageLimit }),
  };
}

/** Which field a path of the server's input is typed in. */
const FIELD_OF: [string, keyof TaskDraft | "form"][] = [
  ["title", "title"],
  ["payload.outputSchema", "schema"],
  ["payload", "text"],
  ["backendProfile", "profile"],
  ["projectId", "project"],
  ["queue", "queue"],
  ["lane", "lane"],
  ["priority", "priority"],
  ["sessionId", "session"],
  ["runAt", "runAt"],
  ["expiresAt", "expiresAt"],
  ["metadata", "key"],
  ["workspaceRef.url", "workspaceUrl"],
  ["workspaceRef.ref", "workspaceRef"],
  ["workspaceRef.subdir", "workspaceFolder"],
  ["executionPolicy.sandbox", "sandbox"],
  ["executionPolicy.approval", "approval"],
  ["executionPolicy.model", "model"],
  ["references", "references"],
  ["idempotencyKey", "form"],
  ["dependsOn", "after"],
  ["onDependencyFailed", "onDependencyFailed"],
  ["dependencyResults", "dependencyResults"],
  ["retry.maxAttempts", "attempts"],
  ["retry.backoffMs", "backoffSeconds"],
  ["retry.onUsageLimit", "onUsageLimit"],
];
const REASON_FIELD: Record<string, keyof TaskDraft> = {
  "queue-draining": "queue",
  "session-boundary": "session",
  "store-evicted": "session",
};

/** What the server refused, by the field that it is about; `form` holds what is about none. */
export function errorsByField(error: ShownError | null): Partial<Record<keyof TaskDraft | "form", string>> {
  if (error === null) return {};
  const issues = issuesOf(error);
  const named = REASON_FIELD[error.reason];
  if (issues.length === 0) return { [named ?? "form"]: error.message };
  const errors: Partial<Record<keyof TaskDraft | "form", string>> = {};
  for (const { path, message } of issues) {
    const field = FIELD_OF.find(([start]) => path === start || path.startsWith(`${start}.`))?.[1] ?? "form";
    errors[field] ??= field === "form" ? `${path}: ${message}` : message;
  }
  return errors;
}
