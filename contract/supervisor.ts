import { z } from "zod";
import { LogLine } from "./run-job";

/** What the worker asks of the supervisor over the channel that Node opens between them. */
export const WorkerMessage = z.discriminatedUnion("type", [
  z.object({ type: z.literal("runner.launch"), attemptId: z.string().min(1), env: z.record(z.string(), z.string()) }),
  z.object({ type: z.literal("runner.end"), attemptId: z.string().min(1) }),
  z.object({ type: z.literal("runner.list") }),
  z.object({ type: z.literal("runner.read"), attemptId: z.string().min(1) }),
]);
export type WorkerMessage = z.infer<typeof WorkerMessage>;

/** A runner's process, and the end of what it wrote. */
const RunnerProcess = z.object({
  pid: z.number().int(),
  startedAt: z.string(),
  lines: z.array(LogLine),
  /** There was more before these. */
  isCut: z.boolean(),
});
export type RunnerProcess = z.infer<typeof RunnerProcess>;

/** What the supervisor tells the worker. `runner.gone` and `runner.exited` mean that no process of it is left. */
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

/** What web tells the supervisor once it listens. The link signs one browser in, once. */
export const WebMessage = z.object({
  type: z.literal("web.ready"),
  url: z.string(),
  signInUrl: z.string().nullish(),
});
export type WebMessage = z.infer<typeof WebMessage>;

/**
 * Node's flags for web. V8 lets its young generation grow to three times 16 MB when many requests come at once, and
 * keeps it: with a quarter of that a thousand streams that open take 21 KB of memory each instead of 27. What such a young
 * generation lets pass as old and is garbage soon after would be left until the heap is three times what is alive in it:
 * here it is collected at a quarter more.
 */
export const WEB_NODE_FLAGS = ["--enable-source-maps", "--max-semi-space-size=4", "--heap-growing-percent=25"];
