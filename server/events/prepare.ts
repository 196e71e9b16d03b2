import { createHash } from "node:crypto";
import { isLonger, PAYLOAD_MAX_BYTES } from "@/contract/json";
import type { PreparedBatch } from "@/db/queries/events/append-events";
import type { AppendBatch } from "@/server/context";
import { InvalidInputError } from "@/server/errors";
import { newIds } from "@/server/ids";
import { redactJson } from "./redact";

/** Cleans and redacts a batch and turns it into what is stored, before it waits for its flush. */
export function prepareBatch(batch: AppendBatch): PreparedBatch {
  const ids = newIds("event", batch.events.length);
  const events = batch.events.map((event, index) => {
    const payload = JSON.stringify(redactJson(event.payload));
    if (isLonger(payload, PAYLOAD_MAX_BYTES)) {
      throw new InvalidInputError(`events.${index}.payload: larger than ${PAYLOAD_MAX_BYTES} bytes of JSON`);
    }
    return { id: ids[index] ?? "", type: event.type, payload, at: instantOf(event.at) };
  });
  return {
    runId: batch.runId,
    leaseEpoch: batch.leaseEpoch,
    batchId: batch.batchId ?? null,
    contentHash: batch.batchId === undefined ? "" : contentHash(events),
    events,
    chars: events.reduce((sum, event) => sum + event.payload.length, 0),
  };
}

/** As the database reads it: ISO 8601 allows offsets and fractions that PostgreSQL does not. */
function instantOf(at: string | undefined): string | null {
  return at === undefined ? null : new Date(at).toISOString();
}

function contentHash(events: { type: string; payload: string; at: string | null }[]): string {
  const hash = createHash("sha256");
  for (const { type, payload, at } of events) {
    hash.update(type).update("\0").update(payload).update("\0");
    if (at !== null) hash.update(at).update("\0");
  }
  return hash.digest("hex");
}
