import {
  ATTENTION_COUNT_MAX,
  ATTENTION_KIND_MAX,
  ATTENTION_KINDS,
  ATTENTION_MAX,
  type AttentionKind,
  DEAD_LETTER_SHOWN_MS,
  type QueueAttention,
  type QueueCommander,
} from "@/contract/queue-commander";
import { ALL_TENANTS, WHOLE_QUEUE } from "@/contract/queue-control";
import { type AttentionRow, readAttention } from "@/db/queries/queue/attention";
import type { CommanderScope, QueueRef } from "@/db/queries/queue/commander";
import type { FirstOf } from "@/db/queries/sql/first-of";
import type { ServiceContext } from "@/server/context";

type Attention = Pick<QueueCommander, "attention" | "attentionCounts">;

/** Returns what needs a person in a queue, the most pressing kind first, and how many there are of each kind. */
export async function listAttention(
  ctx: ServiceContext,
  scope: CommanderScope,
  failedPlaces: QueueRef[],
): Promise<Attention> {
  const groups = await readAttention(
    ctx.db,
    { ...scope, failedPlaces },
    { shownMax: ATTENTION_KIND_MAX, countMax: ATTENTION_COUNT_MAX, deadLetterMs: DEAD_LETTER_SHOWN_MS },
  );
  groups.sort((left, right) => ATTENTION_KINDS.indexOf(left.kind) - ATTENTION_KINDS.indexOf(right.kind));
  const deduplicated = deduplicateByTask(groups);
  return {
    attention: deduplicated
      .flatMap(({ kind, rows }) => rows.map((row) => toAttention(kind, row)))
      .slice(0, ATTENTION_MAX),
    attentionCounts: deduplicated.flatMap(({ rows: _rows, ...counted }) => (counted.count > 0 ? [counted] : [])),
  };
}

/** Keeps each task only under its most pressing kind: a task that failed may also block others. */
function deduplicateByTask(groups: FirstOf<AttentionKind, AttentionRow>[]): FirstOf<AttentionKind, AttentionRow>[] {
  const seenIds = new Set<string>();
  return groups.map((first) => {
    const rows = first.rows.filter(({ taskId }) => taskId === null || !seenIds.has(taskId));
    for (const { taskId } of rows) if (taskId !== null) seenIds.add(taskId);
    return { ...first, rows, count: first.count - (first.rows.length - rows.length) };
  });
}

function toAttention(kind: AttentionKind, row: AttentionRow): QueueAttention {
  const { detail: _detail, untilMs: _untilMs, sinceMs, lane, ...shown } = row;
  return {
    kind,
    ...shown,
    lane: lane === WHOLE_QUEUE ? null : lane,
    message: messageOf(kind, row),
    since: new Date(sinceMs).toISOString(),
  };
}

const DEAD_LETTERS: Record<string, string> = {
  "attempts-exhausted": "failed on its last attempt",
  "not-retryable": "failed and is not retried automatically",
  expired: "expired before it started",
  refused: "couldn't be started",
  "dependency-failed": "failed because a dependency failed",
};

/** Why a task ended for good: its `code: message` as a clause. */
function deadLetterMessage(detail: string): string {
  const [code = "", ...rest] = detail.split(": ");
  return [DEAD_LETTERS[code] ?? `failed (${code})`, ...rest].join(": ");
}

function messageOf(kind: AttentionKind, { tenantId, queue, lane, sessionId, detail, untilMs }: AttentionRow): string {
  switch (kind) {
    case "approval":
      return `needs approval: ${detail}`;
    case "session-evicted":
      return `session ${sessionId} is evicted. Restore it or cancel its waiting tasks`;
    case "parked": {
      const until = untilMs === null ? "" : ` until ${new Date(untilMs).toISOString()}`;
      return `parked: the provider's usage limit is reached${until}. Retry it when the limit resets`;
    }
    case "dependency-failed":
      return `${detail}. Retry it or remove the dependency`;
    case "paused": {
      const place = lane === WHOLE_QUEUE ? `queue ${queue}` : `lane ${lane} of queue ${queue}`;
      const tenantSuffix = tenantId === ALL_TENANTS ? "" : ` for tenant ${tenantId}`;
      return `${place} is paused${tenantSuffix}${detail ? `: ${detail}` : ""}`;
    }
    case "dead-letter":
      return deadLetterMessage(detail ?? "");
    default:
      return kind satisfies never;
  }
}
