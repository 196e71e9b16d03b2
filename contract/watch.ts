import { z } from "zod";
import { Int32, RecordId } from "./ids";
import { QueueTask } from "./queue";
import { Run } from "./run";
import { Session } from "./session";

/** The id of the last item received. Clients send it by themselves when they reconnect. */
const LastEventId = z.string().min(1).max(2_048);

export const WatchRunInput = z.strictObject({
  runId: RecordId,
  afterSeq: Int32.optional(),
  lastEventId: LastEventId.optional(),
});
export type WatchRunInput = z.infer<typeof WatchRunInput>;

const feedScope = {
  tenantId: RecordId.optional(),
  projectId: RecordId.optional(),
  lastEventId: LastEventId.optional(),
};
/** Without a last id, a feed reports changes from now on. */
export const WatchSessionsInput = z.strictObject(feedScope);
export type WatchSessionsInput = z.infer<typeof WatchSessionsInput>;
export const WatchRunsInput = z.strictObject({ ...feedScope, sessionId: RecordId.optional() });
export type WatchRunsInput = z.infer<typeof WatchRunsInput>;
export const WatchQueueInput = z.strictObject({ ...feedScope, queue: RecordId.optional() });
export type WatchQueueInput = z.infer<typeof WatchQueueInput>;

/**
 * A session that changed, or the mark that it is gone. Only the newest state is sent; states in between may be left
 * out.
 */
export const SessionChange = z.object({
  kind: z.enum(["changed", "deleted"]),
  sessionId: z.string(),
  version: z.number(),
  session: Session.optional(),
});
export type SessionChange = z.infer<typeof SessionChange>;
export const RunChange = z.object({ kind: z.literal("changed"), runId: z.string(), version: z.number(), run: Run });
export type RunChange = z.infer<typeof RunChange>;
export const TaskChange = z.object({
  kind: z.literal("changed"),
  taskId: z.string(),
  version: z.number(),
  task: QueueTask,
});
export type TaskChange = z.infer<typeof TaskChange>;

/** A task in a browser's stream. Leaves out the input that it was made with, which does not change and may be large. */
export type TaskFrame = Omit<
  QueueTask,
  "payload" | "references" | "metadata" | "workspaceRef" | "executionPolicy" | "resourceBundleRef"
>;

export const OpenLiveInput = z.strictObject({
  sessions: z.literal("1").optional(),
  runs: z.literal("1").optional(),
  approvals: z.literal("1").optional(),
  tasks: z.literal("1").optional(),
  runners: z.literal("1").optional(),
  run: RecordId.optional(),
  /** The feed mark given to the page before it read its lists: what changed since then is sent first. */
  since: z
    .string()
    .regex(/^\d{1,20}\.\d{1,15}$/)
    .optional(),
  after: z.coerce.number().int().min(0).max(2_147_483_647).optional(),
});
export type OpenLiveInput = z.infer<typeof OpenLiveInput>;
