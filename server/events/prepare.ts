import { createHash } from "node:crypto";
import type { PreparedBatch } from "@/db/queries/append-events";
import type { AppendBatch } from "@/server/context";
import { newId } from "@/server/ids";
import { redactJson } from "./redact";

/** Cleans and redacts a batch and turns it into what is stored, before it waits for its flush. */
export function prepareBatch(batch: AppendBatch): PreparedBatch {
  const events = batch.events.map((event) => ({
    id: newId("event"),
    type: event.type,
    payload: JSON.stringify(redactJson(event.payload)),
    at: event.at ?? null,
  }));
  return {
    runId: batch.runId,
    leaseEpoch: batch.leaseEpoch,
    batchId: batch.batchId ?? null,
    contentHash: batch.batchId === undefined ? "" : contentHash(events),
    events,
    bytes: events.reduce((sum, event) => sum + event.payload.length, 0),
  };
}

function contentHash(events: { type: string; payload: string }[]): string {
  const hash = createHash("sha256");
  for (const event of events) hash.update(event.type).update("\0").update(event.payload).update("\0");
  return hash.digest("hex");
}
