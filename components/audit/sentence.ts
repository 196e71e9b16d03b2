import { operatorName } from "@/components/shell/operator-name";
import { shortenId } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import type { AuditRow } from "@/contract/audit";

/** What was done, as the words between who did it and what it was done to. */
const VERBS: Record<string, string> = {
  "runs.create": "created",
  "runs.claim": "claimed",
  "runs.finish": "ended",
  "runs.release": "released",
  "runs.cancel": "cancelled",
  "runs.forceRelease": "force-released",
  "runs.logBodies": "changed request logging of",
  "commands.create": "sent",
  "commands.cancel": "cancelled",
  "sessions.create": "created",
  "sessions.update": "edited",
  "sessions.delete": "deleted",
  "sessions.fork": "forked",
  "approvals.request": "requested",
  "approvals.decide": "answered",
  "approvals.withdraw": "withdrew",
  "queue.createTask": "added",
  "queue.createTasks": "added",
  "queue.createAttachment": "uploaded",
  "queue.updateTask": "edited",
  "queue.cancelTask": "cancelled",
  "queue.retryTask": "retried",
  "queue.setControl": "changed limits of",
  "queue.updateAttempt": "updated an attempt of",
  "queue.endAttempt": "ended an attempt of",
  "queue.refuse": "refused",
  "queue.giveBack": "returned",
  "queue.expire": "expired",
  "queue.failDependent": "failed",
  "runners.register": "registered",
  "runners.drain": "drained",
  "runners.resume": "resumed",
  "runners.revoke": "revoked",
  "runners.kill": "killed",
  "runnerJobs.launch": "launched",
  "runnerJobs.endOrphan": "removed orphaned",
  "storage.pin": "pinned",
  "storage.unpin": "unpinned",
  "storage.extend": "extended",
  "storage.evict": "evicted",
  "storage.evicted": "evicted",
  "storage.archive": "archived",
  "storage.restore": "restored",
  "storage.restored": "restored",
  "storage.adopt": "adopted",
  "storage.delete": "deleted",
  "storage.deleted": "deleted",
  "storage.lost": "lost",
  "storage.forceRelease": "force-released",
  "storage.pauseGc": "paused cleanup of",
  "storage.resumeGc": "resumed cleanup of",
  "archive.order": "requested an archive of",
  "archive.begin": "started an archive of",
  "archive.commit": "saved",
  "archive.failed": "failed to archive",
  "archive.withdraw": "stopped archiving",
  "bulk.create": "started",
  "bulk.abort": "stopped",
  "backends.set": "changed",
  "backends.test": "tested",
  "budgets.create": "created",
  "budgets.update": "edited",
  "budgets.raise": "raised",
  "budgets.delete": "deleted",
  "schedules.create": "created",
  "schedules.update": "edited",
  "schedules.trigger": "triggered",
  "schedules.delete": "deleted",
  "webhooks.create": "created",
  "webhooks.update": "edited",
  "webhooks.rotateSecret": "rotated the secret of",
  "webhooks.disable": "disabled",
  "webhooks.delete": "deleted",
  "webhooks.test": "tested",
  "views.create": "saved",
  "views.update": "edited",
  "views.delete": "deleted",
  "identity.signIn": "signed in with",
  "identity.signOut": "signed out of",
  "identity.createSignInLink": "created the sign-in",
  "identity.createToken": "created",
  "identity.revokeToken": "revoked",
  "identity.decideDeviceSignIn": "answered",
  "identity.pollDeviceSignIn": "collected",
};

const KINDS: Record<string, string> = {
  bulk: "bulk action",
  "runner-job": "runner job",
  "device-sign-in": "device sign-in",
  attachment: "image",
};

/** `cancelled`; an action without words of its own is told by its name. */
export function verbOf({ action }: Pick<AuditRow, "action">): string {
  return VERBS[action] ?? revealHidden(action);
}

/** What kind of thing it was done to: `run`, `bulk action`. */
export function kindOf({ targetKind, action, details }: Pick<AuditRow, "targetKind" | "action" | "details">): string {
  if (action === "queue.createTasks" && typeof details.tasks === "number") return `${details.tasks} tasks,`;
  return KINDS[targetKind] ?? revealHidden(targetKind);
}

/** Who did it: a person by name, anyone else by kind and id. */
export function callerOf(actor: string): string {
  if (actor.startsWith("operator:")) return operatorName(actor);
  const [kind = "", ...rest] = actor.split(":");
  return `${revealHidden(kind)} ${shortenId(rest.join(":"))}`.trim();
}

/** What it was done to: `“Fix login”`, or its id. */
export function targetName({ targetId, title }: Pick<AuditRow, "targetId" | "title">): string {
  if (targetId === "all") return "all";
  return title === undefined || title === null || title === "" ? shortenId(targetId) : `“${revealHidden(title)}”`;
}
