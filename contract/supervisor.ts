import { z } from "zod";
import { LogLine } from "./run-job";

/** Requests of the worker to the supervisor, over Node's IPC channel between them. */
export const WorkerMessage = z.discriminatedUnion("type", [
  z.object({ type: z.literal("runner.launch"), attemptId: z.string().min(1), env: z.record(z.string(), z.string()) }),
  z.object({ type: z.literal("runner.end"), attemptId: z.string().min(1) }),
  z.object({ type: z.literal("runner.list") }),
  z.object({ type: z.literal("runner.read"), attemptId: z.string().min(1) }),
]);
export type WorkerMessage = z.infer<typeof WorkerMessage>;

/** A runner's process, and the end of its output. */
const RunnerProcess = z.object({
  pid: z.number().int(),
  startedAt: z.string(),
  lines: z.array(LogLine),
  /** The output has earlier lines than these. */
  isCut: z.boolean(),
});
export type RunnerProcess = z.infer<typeof RunnerProcess>;

/**
 * Messages from the supervisor to the worker. `runner.gone` and `runner.exited` mean that no process of the runner is
 * left.
 */
export const SupervisorMessage = z.discriminatedUnion("type", [
  z.object({ type: z.literal("runner.launched"), attemptId: z.string(), pid: z.number().int() }),
  z.object({ type: z.literal("runner.launch-failed"), attemptId: z.string(), message: z.string() }),
  z.object({ type: z.literal("runner.gone"), attemptId: z.string() }),
  z.object({
    type: z.literal("runner.exited"),
    attemptId: z.string(),
    code: z.number().int().nullable(),
    signal: z.string().nullable(),
    stderrTail: z.string(),
    process: RunnerProcess,
  }),
  z.object({ type: z.literal("runner.read"), attemptId: z.string(), process: RunnerProcess.nullable() }),
  z.object({ type: z.literal("runner.list"), attemptIds: z.array(z.string()) }),
]);
export type SupervisorMessage = z.infer<typeof SupervisorMessage>;
export type RunnerExit = Extract<SupervisorMessage, { type: "runner.exited" }>;

/** Sent by web to the supervisor once it listens. The link signs in one browser, once. */
export const WebMessage = z.object({
  type: z.literal("web.ready"),
  url: z.string(),
  signInUrl: z.string().nullish(),
});
export type WebMessage = z.infer<typeof WebMessage>;

/**
 * Node's flags for web. V8 lets its young generation grow to three times 16 MB when many requests arrive at once, and
 * never shrinks it. With a quarter of that size, each of a thousand opening streams takes 21 KB of memory instead of
 * 27. A small young generation promotes more objects that soon become garbage, which would be kept until the heap is
 * three times its live size; with the last flag it is collected when the heap has grown by a quarter.
 */
export const WEB_NODE_FLAGS = ["--enable-source-maps", "--max-semi-space-size=4", "--heap-growing-percent=25"];
