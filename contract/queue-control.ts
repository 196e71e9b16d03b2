import { z } from "zod";
import { Count, OwnerId, RecordId, text } from "./ids";
import { STARTS_MAX, STARTS_WINDOW_MAX_SECONDS } from "./rate";
import { CONTROL_STATES } from "./words";

export { ALL_TENANTS, CONTROL_STATES, type ControlState } from "./words";

/** Lane of a control that holds for its whole queue. */
export const WHOLE_QUEUE = "";

const Limit = z.int().min(0).max(1_000_000);
// Queues and lanes of an adopted database have whatever names they have.
const Place = { tenantId: OwnerId.optional(), queue: RecordId, lane: RecordId.optional() };

/** What is left out stays as it is; null takes a limit away. */
const ControlInput = z.strictObject({
  ...Place,
  maxRunning: Limit.nullable().optional(),
  /** Tasks of one `metadata.concurrencyKey` that run at once; null: one. A queue's own, not a lane's. */
  keyMaxRunning: Limit.nullable().optional(),
  weight: z.number().positive().max(1_000).nullable().optional(),
  /** Its rate: so many attempts are started in any so many seconds. Both or neither; null for both takes it away. */
  startsMax: z.int().min(1).max(STARTS_MAX).nullable().optional(),
  startsWindowSeconds: z.int().min(1).max(STARTS_WINDOW_MAX_SECONDS).nullable().optional(),
  state: z.enum(CONTROL_STATES).optional(),
  reason: text(1_000).nullable().optional(),
  expectedVersion: Count.optional(),
});
export const SetControlInput = ControlInput.refine(isWholeRate, {
  path: ["startsWindowSeconds"],
  error: "a rate is startsMax and startsWindowSeconds: say both, or null for both",
});
export type SetControlInput = z.infer<typeof SetControlInput>;
export const ControlPlaceInput = z.strictObject({ ...Place, reason: text(1_000).optional() });
export type ControlPlaceInput = z.infer<typeof ControlPlaceInput>;

export const ListControlsInput = z.strictObject({ tenantId: RecordId.optional(), queue: RecordId.optional() });
export type ListControlsInput = z.infer<typeof ListControlsInput>;

export const QueueControl = z.object({
  /** `*`: all tenants together. */
  tenantId: z.string(),
  queue: z.string(),
  /** null: the whole queue. */
  lane: z.string().nullable(),
  maxRunning: z.number().nullable(),
  keyMaxRunning: z.number().nullable(),
  weight: z.number().nullable(),
  /** Attempts that are started in any `startsWindowSeconds`, at most; both null: no rate. */
  startsMax: z.number().nullable(),
  startsWindowSeconds: z.number().nullable(),
  state: z.enum(CONTROL_STATES),
  reason: z.string().nullable(),
  version: z.number(),
  updatedAt: z.string().nullable(),
  updatedBy: z.string().nullable(),
  /** Tasks of it by what they do now. */
  waiting: z.number(),
  running: z.number(),
  /** Since when the one waits for a slot that has waited longest; null where none does, or too many others wait longer. */
  oldestSince: z.string().nullable(),
});
export type QueueControl = z.infer<typeof QueueControl>;
export const QueueControlList = z.object({ items: z.array(QueueControl) });
export type QueueControlList = z.infer<typeof QueueControlList>;

/** Whether a change says both halves of a rate, takes both away, or says nothing of either. */
function isWholeRate({ startsMax, startsWindowSeconds }: z.infer<typeof ControlInput>): boolean {
  if (startsMax === undefined || startsWindowSeconds === undefined) return startsMax === startsWindowSeconds;
  return (startsMax === null) === (startsWindowSeconds === null);
}
