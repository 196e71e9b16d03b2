import { createHash } from "node:crypto";
import type { AttemptDetails, AttemptLog } from "@/contract/run-job";
import { RUNNER_EXIT } from "@/contract/runner";
import type { LogContainer } from "@/contract/words";

/** What an attempt's process is started with. The executor decides where it runs. */
export interface LaunchSpec {
  attemptId: string;
  runId: string;
  runnerId: string;
  /** Buys one claim of this run. */
  launchToken: string;
  /** The URL by which the runner reaches web. */
  url: string;
  leaseMs: number;
  /** The volume's folder, for a local runner; null: the run has no session storage. */
  volumeDir: string | null;
  /** Whether the run's policy allows its agent to use the network. */
  hasNetwork: boolean;
  /** Whether the run's policy forbids its agent to change its workspace. */
  isReadOnly: boolean;
  /** The volume's name in its provider; null: the run has no session storage. */
  volumeName: string | null;
}

/** What an archiver is started with. It archives a volume that no process of the server can reach. */
export interface ArchiverSpec {
  attemptId: string;
  sessionId: string;
  /** Allows handing over the content of this session's volume, and nothing else. */
  token: string;
  /** The URL by which the archiver reaches web. */
  url: string;
  /** The volume's name in its provider. */
  volumeName: string;
  /** The folder of codex's rollouts on the volume. */
  rolloutSubdir: string;
}

export type Observation = "running" | "gone" | "unknown";

/** How an end turned out. `unconfirmed`: it could not be shown in time that nothing is left. */
export type AttemptEnding = "gone" | "unconfirmed";

/**
 * Why an attempt ended, where that is known:
 *
 * - `unstartable`: its image or container cannot be started;
 * - `unschedulable`: no node takes it;
 * - `out-of-memory`, `evicted`: its own memory was exhausted, or its node's resources;
 * - `deadline`: it lived as long as an attempt may;
 * - `storage-full`: a disk that it writes to is full.
 */
export type AttemptCause = "unstartable" | "unschedulable" | "out-of-memory" | "evicted" | "deadline" | "storage-full";

/** How an attempt ended. Reported only once nothing of the attempt is left. */
export interface AttemptExit {
  attemptId: string;
  code: number | null;
  signal: string | null;
  /**
   * Tells a person why it ended: the end of its output, as `wordsOf` keeps it, and the cluster's explanation. Empty:
   * neither is known.
   */
  message: string;
  /** null: only the exit code and the output are known. */
  cause: AttemptCause | null;
}

export type ExitListener = (exit: AttemptExit) => unknown;

/** Which lines of an attempt's log are asked for. A null container means the last one that has started. */
export type LogRequest = { container: LogContainer | null; tailLines: number };

/** What remains of an attempt that ends: what was known of it, and the ends of its logs. */
export type AttemptRemains = { attemptId: string; details: AttemptDetails; logs: AttemptLog[] };
export type RemainsListener = (remains: AttemptRemains) => unknown;

/**
 * Something that an executor runs. The uid identifies this process or Job: a later one of the same name has another
 * uid.
 */
export interface Started {
  attemptId: string;
  uid: string;
  name: string;
  /** It has ended or is being ended, so nobody needs to end it. */
  isEnding: boolean;
}

/** Starts and ends the process of one attempt: a local process, or a Kubernetes Job. */
export interface Executor {
  /** Resolves when the process was started. Launching a running attempt again changes nothing. */
  launch(spec: LaunchSpec): Promise<void>;
  /**
   * Kills an attempt with everything that it started. Meanwhile a second end joins the first, and a launch is refused.
   */
  end(attemptId: string): Promise<AttemptEnding>;
  /** Returns `unknown` when the supervisor or cluster gave no answer, which says nothing about the attempt. */
  observe(attemptId: string): Promise<Observation>;
  /** Lists in pages everything that runs here and was started by this installation. Throws when there is no answer. */
  list(): AsyncIterable<Started[]>;
  /** Ends exactly what was listed, and nothing else of the same name. */
  endStarted(started: Started): Promise<AttemptEnding>;
  /**
   * Registers a listener for ends. An end that a listener could not record is reported again where the executor can do
   * so, and otherwise found by the reconciler.
   */
  onExit(listener: ExitListener): () => void;
  /** Returns what is known of an attempt here; null: there is nothing of it. Throws when there is no answer. */
  inspect(attemptId: string): Promise<AttemptDetails | null>;
  /** Returns the end of an attempt's log as it was written, not redacted; null: there is no log. */
  readLog(attemptId: string, request: LogRequest): Promise<AttemptLog | null>;
  /**
   * Registers a listener for remains. It is called as an attempt ends, before or after the exit listeners, and not at
   * all where nothing could be read.
   */
  onRemains(listener: RemainsListener): () => void;
  /**
   * Starts an archiver, which is an attempt like any other; null: volumes are folders, which the server archives
   * itself.
   */
  readonly launchArchiver: ((spec: ArchiverSpec) => Promise<void>) | null;
  close(): Promise<void>;
}

/** Returns the cause that the runner reported by its exit code; null: it reported none. */
export function exitCause(code: number | null): AttemptCause | null {
  return code === RUNNER_EXIT.storageFull ? "storage-full" : null;
}

const WARN_LEVEL = 40;

/**
 * Returns a runner's last output for a person to read. Of the runner's own log only warnings and errors are kept, as
 * plain text; other lines stay as they are. The log itself is kept separately.
 */
export function readableOutput(output: string): string {
  return output
    .split("\n")
    .map(readableLine)
    .filter((line) => line !== null)
    .join("\n");
}

function readableLine(line: string): string | null {
  if (!/^\{.*"msg":.*\}$/.test(line)) {
    // What Kubernetes keeps of a log may begin in the middle of a line.
    return /"msg":"[^"]*"\}$/.test(line) ? null : line;
  }
  try {
    const { level, msg, err } = JSON.parse(line) as { level?: unknown; msg?: unknown; err?: { message?: unknown } };
    if (typeof level !== "number" || typeof msg !== "string") return line;
    if (level < WARN_LEVEL) return null;
    return typeof err?.message === "string" ? `${msg}: ${err.message}` : msg;
  } catch {
    return line;
  }
}

/** The part of an executor that starts and ends archivers. */
export type ArchiverLauncher = Pick<Executor, "end" | "observe"> & {
  launchArchiver: NonNullable<Executor["launchArchiver"]>;
};

/** The name of an attempt's Job. A hash, so that it is a valid name in every cluster. */
export function toJobName(attemptId: string): string {
  return `agentrun-${createHash("sha256").update(attemptId).digest("hex").slice(0, 32)}`;
}
