import {
  ATTENTION_KIND_MAX,
  ATTENTION_KINDS,
  ATTENTION_MAX,
  DEAD_LETTER_SHOWN_MS,
  type QueueAttention,
} from "@/contract/queue-commander";
import { ALL_TENANTS, WHOLE_QUEUE } from "@/contract/queue-control";
import { type AttentionRow, type Place, readAttention, type Sight } from "@/db/queries/queue-commander";
import type { ServiceContext } from "@/server/context";

/** What of a queue needs a person, the most pressing kind first. */
export async function listAttention(
  ctx: ServiceContext,
  sight: Sight,
  failedPlaces: Place[],
): Promise<QueueAttention[]> {
  const rows = await readAttention(
    ctx.db,
    { ...sight, failedPlaces },
    { eachMax: ATTENTION_KIND_MAX, deadLetterMs: DEAD_LETTER_SHOWN_MS },
  );
  const rank = ({ kind }: AttentionRow) => ATTENTION_KINDS.indexOf(kind);
  return rows
    .sort((left, right) => rank(left) - rank(right))
    .slice(0, ATTENTION_MAX)
    .map(toAttention);
}

function toAttention(row: AttentionRow): QueueAttention {
  const { detail: _detail, untilMs: _untilMs, sinceMs, lane, ...shown } = row;
  return {
    ...shown,
    lane: lane === WHOLE_QUEUE ? null : lane,
    message: wordsOf(row),
    since: new Date(sinceMs).toISOString(),
  };
}

function wordsOf({ kind, tenantId, queue, lane, sessionId, detail, untilMs }: AttentionRow): string {
  switch (kind) {
    case "approval":
      return `its run waits for an approval: ${detail}`;
    case "session-evicted":
      return `session ${sessionId} is evicted: restore it, or cancel what waits for it`;
    case "parked": {
      const until = untilMs === null ? "" : ` until ${new Date(untilMs).toISOString()}`;
      return `the provider's usage limit is reached${until}: retry it when it may go on`;
    }
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
