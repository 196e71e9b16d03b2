import { z } from "zod";
import { LOOP_NAMES } from "./loops";

/** `away`: no process leads it. `failing`: its passes end in errors. `late`: none has ended, nor is under way, for too long. */
const LOOP_STATES = ["good", "late", "failing", "away"] as const;
export const LoopStatus = z.object({
  name: z.enum(LOOP_NAMES),
  process: z.enum(["worker", "web"]),
  state: z.enum(LOOP_STATES),
  /** Whether a process holds its lock now, and since when that has its database session. */
  isLed: z.boolean(),
  ledSince: z.string().nullable(),
  /** The machine or pod of the last pass; for callers of every tenant alone. */
  holder: z.string().nullable(),
  version: z.string().nullable(),
  intervalMs: z.number().nullable(),
  /** When a pass last ended well. */
  passedAt: z.string().nullable(),
  tookMs: z.number().nullable(),
  /** Since when a pass is under way. */
  beganAt: z.string().nullable(),
  failures: z.number(),
  /** What the last failed pass said; for callers of every tenant alone. */
  failure: z.string().nullable(),
  notedAt: z.string().nullable(),
});
export type LoopStatus = z.infer<typeof LoopStatus>;

/** What lies outside of this process and its database, as a try just now found it. */
const Reached = z.object({
  isReachable: z.boolean(),
  /** Why not. */
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
    /** Whether it hears what other processes say; else it looks every second. */
    isListening: z.boolean(),
  }),
  worker: z.object({
    isAway: z.boolean(),
    /** Of its last sign of life; null before the first. */
    seenAt: z.string().nullable(),
    version: z.string().nullable(),
  }),
  /** Of the worker first, in the order of what hurts most when it stands still. */
  loops: z.array(LoopStatus),
  clock: z.object({
    /** This server's own, when it answered. */
    serverAt: z.string(),
    /** How far the database's clock is ahead of this server's, to half of how long the question took. */
    databaseAheadMs: z.number(),
    roundTripMs: z.number(),
  }),
  database: z.object({ version: z.string() }),
  migrations: z.object({
    applied: z.number(),
    expected: z.number(),
    missing: z.array(z.string()),
    /** Of a later version, as while a rollout is under way. */
    unknown: z.array(z.string()),
  }),
  archive: Reached,
  volumes: Reached.extend({ provider: z.enum(["local", "kubernetes"]) }),
  executor: z.object({
    kind: z.string(),
    /** By the worker's own comparison of what runs with what should; null where nothing is started, or nobody compared. */
    isReachable: z.boolean().nullable(),
    seenAt: z.string().nullable(),
  }),
});
export type ServerStatus = z.infer<typeof ServerStatus>;
