import type { RunEvent } from "@/contract/event";

export function runAddress(runId: string): string {
  return `/runs/${encodeURIComponent(runId)}`;
}

/** The log of a run's attempt, of the newest unless one is named. */
export function runLogAddress(runId: string, attemptId: string | null = null): string {
  return attemptAddress(runId, "log", attemptId);
}

/** What Kubernetes, or the machine, says of a run's attempt. */
export function runJobAddress(runId: string, attemptId: string | null = null): string {
  return attemptAddress(runId, "job", attemptId);
}

function attemptAddress(runId: string, tab: "log" | "job", attemptId: string | null): string {
  return `${runAddress(runId)}?tab=${tab}${attemptId === null ? "" : `&attempt=${encodeURIComponent(attemptId)}`}`;
}

export function runnerAddress(runnerId: string): string {
  return `/runners/${encodeURIComponent(runnerId)}`;
}

export function sessionAddress(sessionId: string): string {
  return `/sessions/${encodeURIComponent(sessionId)}`;
}

/** An image's bytes, for whoever may read what shows it. */
export function attachmentAddress(attachmentId: string): string {
  return `/api/v1/attachments/${encodeURIComponent(attachmentId)}/content`;
}

/** What an image is uploaded for: messages of a session, or queue tasks of a project, the usual one unless it is told. */
export type ImageOwner = { sessionId: string } | { tenantId?: string; projectId?: string };

/** Where an image is uploaded to. */
export function attachmentUploadAddress(owner: ImageOwner, name: string): string {
  if ("sessionId" in owner)
    return `/api/v1/sessions/${encodeURIComponent(owner.sessionId)}/attachments?${new URLSearchParams({ name })}`;
  return `/api/v1/queue/attachments?${new URLSearchParams({ ...owner, name })}`;
}

/** Two sessions side by side; whoever leaves one out is asked for it there. */
export function compareAddress(left: string, right?: string): string {
  return `/compare?${new URLSearchParams({ left, ...(right === undefined ? {} : { right }) })}`;
}

/** What a session changed in one file, among its changes. */
export function fileAddress(sessionId: string, path: string): string {
  return `${sessionAddress(sessionId)}?${new URLSearchParams({ tab: "changes", file: path })}`;
}

/** A session's storage: its volume, its archive and what can be done to them. */
export function storageAddress(sessionId: string): string {
  return `${sessionAddress(sessionId)}?tab=storage`;
}

/** An event among its run's events. A session's trace lists its newest runs, and an old event's may not be one. */
export function eventAddress({ runId, seq }: Pick<RunEvent, "runId" | "seq">): string {
  return `${runAddress(runId)}?tab=events#e${seq}`;
}

/** Whatever record has an id, found by it alone. */
export function recordAddress(id: string): string {
  return `/r/${encodeURIComponent(id)}`;
}

/** An action on many: who asked for it, how far it is, and what became of each. */
export function bulkAddress(bulkId: string): string {
  return `${BULK_ADDRESS}/${encodeURIComponent(bulkId)}`;
}

/** Actions on many, the newest first. */
export const BULK_ADDRESS = "/bulk";

/** What was done to a record, among the audit log's rows. */
export function auditAddress(targetId: string): string {
  return `/audit?target=${encodeURIComponent(targetId)}`;
}

/** A document, or one of its sections. */
export function docAddress(name: string, anchor?: string): string {
  return `/docs/${name}${anchor === undefined ? "" : `#${anchor}`}`;
}

/** A profile's card among the others. */
export function backendAddress(profile: string): string {
  return `/backends#profile-${encodeURIComponent(profile)}`;
}

export function taskAddress(taskId: string): string {
  return `/queue/${encodeURIComponent(taskId)}`;
}

/** A task among all that comes before and after it, on a page of its own. */
export function taskGraphAddress(taskId: string): string {
  return `${taskAddress(taskId)}/graph`;
}

/** Plans by which tasks are added. */
export const SCHEDULES_ADDRESS = "/schedules";

/** A schedule, with what came of its times. */
export function scheduleAddress(scheduleId: string): string {
  return `${SCHEDULES_ADDRESS}/${encodeURIComponent(scheduleId)}`;
}

/** What may be spent on models. */
export const BUDGETS_ADDRESS = "/budgets";

/** A budget, with what was spent of it. */
export function budgetAddress(budgetId: string): string {
  return `${BUDGETS_ADDRESS}/${encodeURIComponent(budgetId)}`;
}

/** What models cost, narrowed as asked; what is null or its default is left to the page. */
export function usageAddress(params: Record<string, string | null>): string {
  const entries = Object.entries(params).filter((entry): entry is [string, string] => entry[1] !== null);
  return `/usage?${new URLSearchParams(entries)}`;
}

/** Where programs are told of what happens. */
export const WEBHOOKS_ADDRESS = "/settings/webhooks";

/** A webhook, with what was sent to it. */
export function webhookAddress(webhookId: string): string {
  return `${WEBHOOKS_ADDRESS}/${encodeURIComponent(webhookId)}`;
}
