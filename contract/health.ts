import { z } from "zod";

export const Health = z.object({
  adapter: z.literal("postgresql"),
  ready: z.boolean(),
  reachable: z.boolean(),
  migrationReady: z.boolean(),
  migrationId: z.string().nullable(),
  failureKind: z.string().nullable(),
  message: z.string().nullable(),
  credentialValuesPrinted: z.literal(false),
});
export type Health = z.infer<typeof Health>;

/** Facts about this server and the limits it enforces. Contains no secret and no place that others could reach. */
export const ServerFacts = z.object({
  version: z.string(),
  sourceCommit: z.string(),
  nodeVersion: z.string(),
  executor: z.string(),
  volumes: z.string(),
  isDemoOn: z.boolean(),
  leaseMs: z.number(),
  /** Maximum runners at once on this machine; null in a cluster, whose own limits apply. */
  runnersMax: z.number().nullable(),
  runnerDeadlineMs: z.number().nullable(),
  /** A turn that has produced no event for this long is shown as silent. */
  stuckAfterMs: z.number(),
  requests: z.object({ perSecond: z.number(), burst: z.number() }),
  storage: z.object({
    gcIntervalMs: z.number(),
    idleTtlMs: z.number().nullable(),
    dailyMax: z.number(),
    breakerMin: z.number(),
    breakerShare: z.number(),
    archiveKeep: z.number(),
    archiveRetentionMs: z.number().nullable(),
    archiveRetentionDays: z.number().nullable(),
  }),
});
export type ServerFacts = z.infer<typeof ServerFacts>;
