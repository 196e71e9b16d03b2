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
import { type AttentionRow, readAttention } from "@/db/queries/queue-attention";
import type { Place, Sight } from "@/db/queries/queue-commander";
import type { ServiceContext } from "@/server/context";

type Attention = Pick<QueueCommander, "attention" | "attentionCounts">;

/** Returns what needs a person in a queue, the most pressing kind first, and how many there are of each kind. */
export async function listAttention(ctx: ServiceContext, sight: Sight, failedPlaces: Place[]): Promise<Attention> {
  const firsts = await readAttention(
    ctx.db,
    { ...sight, failedPlaces },
    { shownMax: ATTENTION_KIND_MAX, countMax: ATTENTION_COUNT_MAX, deadLetterMs: DEAD_LETTER_SHOWN_MS },
  );
  firsts.sort((left, right) => ATTENTION_KINDS.indexOf(left.kind) - ATTENTION_KINDS.indexOf(right.kind));
  return {
    attention: firsts.flatMap(({ kind, rows }) => rows.map((row) => toAttention(kind, row))).slice(0, ATTENTION_MAX),
    attentionCounts: firsts.flatMap(({ rows: _rows, ...counted }) => (counted.count > 0 ? [counted] : [])),
  };
}

function toAttention(kind: AttentionKind, row: AttentionRow): QueueAttention {
  const { detail: _detail, untilMs: _untilMs, sinceMs, lane, ...shown } = row;
  return {
    kind,
    ...shown,
    lane: lane === WHOLE_QUEUE ? null : lane,
    message: wordsOf(kind, row),
    since: new Date(sinceMs).toISOString(),
  };
}

function wordsOf(kind: AttentionKind, { tenantId, queue, lane, sessionId, detail, untilMs }: AttentionRow): string {
  switch (kind) {
    case "approval":
      return `its run waits for an approval: ${detail}`;
    case "session-evicted":
      return `session ${sessionId} is evicted: restore it, or cancel what waits for it`;
    case "parked": {
      const until = untilMs === null ? "" : ` until ${new Date(untilMs).toISOString()}`;
      return `the provider's usage limit is reached${until}: retry it when it may go on`;
    }
    case "dependency-failed":
      return `${detail}: retry it, or have them no longer come after it`;
    case "paused": {
      const place = lane === WHOLE_QUEUE ? `queue ${queue}` : `lane ${lane} of queue ${queue}`;
      const whose = tenantId === ALL_TENANTS ? "" : ` for tenant ${tenantId}`;
      return `${place} is paused${whose}${detail ? `: ${detail}` : ""}`;
    }
    case "dead-letter":
      return `it failed and is not tried again (${detail})`;
    default:
      return kind satisfies never;
  }
}
