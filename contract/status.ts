import { z } from "zod";
import { LOOP_NAMES } from "./loops";

/**
 * `away`: no process leads the loop. `failing`: its passes end in errors. `late`: for too long no pass has ended or
 * begun.
 */
const LOOP_STATES = ["good", "late", "failing", "away"] as const;
export const LoopStatus = z.object({
  name: z.enum(LOOP_NAMES),
  process: z.enum(["worker", "web"]),
  state: z.enum(LOOP_STATES),
  /** Whether a process holds the loop's lock now (`isLed`), and since when its database session has it. */
  isLed: z.boolean(),
  ledSince: z.string().nullable(),
  /** The machine or pod of the last pass; only for callers who see every tenant. */
  holder: z.string().nullable(),
  version: z.string().nullable(),
  intervalMs: z.number().nullable(),
  /** When a pass last succeeded. */
  passedAt: z.string().nullable(),
  tookMs: z.number().nullable(),
  /** Since when the current pass runs. */
  beganAt: z.string().nullable(),
  failures: z.number(),
  /** The error of the last failed pass; only for callers who see every tenant. */
  failure: z.string().nullable(),
  notedAt: z.string().nullable(),
});
export type LoopStatus = z.infer<typeof LoopStatus>;

/** Something outside this process and its database, as a check just now found it. */
const Reached = z.object({
  isReachable: z.boolean(),
  /** Why it cannot be reached. */
  message: z.string().nullable(),
  tookMs: z.number(),
});
export type Reached = z.infer<typeof Reached>;

export const ServerStatus = z.object({
  web: z.object({
    version: z.string(),
    sourceCommit: z.string(),
    nodeVersion: z.string(),
    startedAt: z.string(),
    /** Whether the process receives notifications from other processes; if not, it polls every second. */
    isListening: z.boolean(),
  }),
  worker: z.object({
    isAway: z.boolean(),
    /** Its last sign of life; null before the first. */
    seenAt: z.string().nullable(),
    version: z.string().nullable(),
  }),
  /** The worker's loops first, ordered by how much their standstill hurts. */
  loops: z.array(LoopStatus),
  clock: z.object({
    /** This server's own clock when it answered. */
    serverAt: z.string(),
    /** How far the database's clock is ahead of this server's, give or take half of how long the query took. */
    databaseAheadMs: z.number(),
    roundTripMs: z.number(),
  }),
  database: z.object({ version: z.string() }),
  migrations: z.object({
    applied: z.number(),
    expected: z.number(),
    missing: z.array(z.string()),
    /** Migrations of a later version, as during a rollout. */
    unknown: z.array(z.string()),
  }),
  archive: Reached,
  volumes: Reached.extend({ provider: z.enum(["local", "kubernetes"]) }),
  executor: z.object({
    kind: z.string(),
    /**
     * From the worker's own comparison of what runs with what should run; null where no executor is used, or nobody
     * compared.
     */
    isReachable: z.boolean().nullable(),
    seenAt: z.string().nullable(),
  }),
});
export type ServerStatus = z.infer<typeof ServerStatus>;
