import { z } from "zod";
import { Count, OwnerId, RecordId, text } from "./ids";
import { STARTS_MAX, STARTS_WINDOW_MAX_SECONDS } from "./rate";
import { CONTROL_STATES } from "./words";

export { ALL_TENANTS, CONTROL_STATES, type ControlState } from "./words";

/** The lane of a control that applies to its whole queue. */
export const WHOLE_QUEUE = "";

const Limit = z.int().min(0).max(1_000_000);
// Queues and lanes of an adopted database may have any name.
const Place = { tenantId: OwnerId.optional(), queue: RecordId, lane: RecordId.optional() };

/** A field that is left out stays as it is; null removes a limit. */
const ControlInput = z.strictObject({
  ...Place,
  maxRunning: Limit.nullable().optional(),
  /**
   * Maximum running tasks with the same `metadata.concurrencyKey`; null: one. Only for a whole queue, not for a lane.
   */
  keyMaxRunning: Limit.nullable().optional(),
  weight: z.number().positive().max(1_000).nullable().optional(),
  /**
   * The rate: at most `startsMax` attempts are started in any `startsWindowSeconds`. Give both or neither; null for
   * both removes the rate.
   */
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
  /** At most this many attempts are started in any `startsWindowSeconds`; both null: no rate. */
  startsMax: z.number().nullable(),
  startsWindowSeconds: z.number().nullable(),
  state: z.enum(CONTROL_STATES),
  reason: z.string().nullable(),
  version: z.number(),
  updatedAt: z.string().nullable(),
  updatedBy: z.string().nullable(),
  /** Number of its tasks that wait, and of those that run. */
  waiting: z.number(),
  running: z.number(),
  /**
   * Since when the longest-waiting task waits for a slot; null where none waits, or where too many other tasks wait
   * longer.
   */
  oldestSince: z.string().nullable(),
});
export type QueueControl = z.infer<typeof QueueControl>;
export const QueueControlList = z.object({ items: z.array(QueueControl) });
export type QueueControlList = z.infer<typeof QueueControlList>;

/** Whether a change gives both halves of a rate, removes both, or mentions neither. */
function isWholeRate({ startsMax, startsWindowSeconds }: z.infer<typeof ControlInput>): boolean {
  if (startsMax === undefined || startsWindowSeconds === undefined) return startsMax === startsWindowSeconds;
  return (startsMax === null) === (startsWindowSeconds === null);
}
