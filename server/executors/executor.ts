import { createHash } from "node:crypto";
import type { AttemptDetails, AttemptLog } from "@/contract/run-job";
import { RUNNER_EXIT } from "@/contract/runner";
import type { LogContainer } from "@/contract/words";

/** What an attempt's process is started with. Where it runs, the executor knows. */
export interface LaunchSpec {
  attemptId: string;
  runId: string;
  runnerId: string;
  /** Buys one claim of this run. */
  launchToken: string;
  /** Where the runner reaches web. */
  url: string;
  leaseMs: number;
  /** Folder of the volume, for a local runner; null for a run without session storage. */
  volumeDir: string | null;
  /** Whether the run's policy lets its agent out to the network. */
  hasNetwork: boolean;
  /** Whether the run's policy forbids its agent to change its workspace. */
  isReadOnly: boolean;
  /** The volume's name in its provider; null for a run without session storage. */
  volumeName: string | null;
}

/** What archives a volume that no process of the server can reach. */
export interface ArchiverSpec {
  attemptId: string;
  sessionId: string;
  /** Hands over what this session's volume holds, and can do nothing else. */
  token: string;
  /** Where it reaches web. */
  url: string;
  /** The volume's name in its provider. */
  volumeName: string;
  /** codex's rollouts on the volume. */
  rolloutSubdir: string;
}

export type Observation = "running" | "gone" | "unknown";

/** What an end came to: `unconfirmed` when it could not be shown in time that nothing is left. */
export type AttemptEnding = "gone" | "unconfirmed";

/**
 * Why an attempt ended, where whoever ran it knows: its image or container cannot be started; no node takes it; its
 * memory or its node's was at an end; it lived as long as it may; a disk that it writes to is full.
 */
export type AttemptCause = "unstartable" | "unschedulable" | "out-of-memory" | "evicted" | "deadline" | "storage-full";

/** How an attempt ended. It is reported only once nothing of the attempt is left. */
export interface AttemptExit {
  attemptId: string;
  code: number | null;
  signal: string | null;
  stderrTail: string;
  /** null: its exit code and its words are all that is known. */
  cause: AttemptCause | null;
}

export type ExitListener = (exit: AttemptExit) => unknown;

/** Which lines of an attempt's log; null: the last container that has started. */
export type LogAsk = { container: LogContainer | null; tailLines: number };

/** What is left of an attempt that ends: what was known of it, and the ends of its logs. */
export type AttemptRemains = { attemptId: string; details: AttemptDetails; logs: AttemptLog[] };
export type RemainsListener = (remains: AttemptRemains) => unknown;

/** What an executor has running. The uid is of this very process or Job: a later one of the same name has another. */
export interface Started {
  attemptId: string;
  uid: string;
  name: string;
  /** It has ended or is being ended: nobody needs to end it. */
  isEnding: boolean;
}

/** Starts and ends the process of one attempt: a local process, or a Kubernetes Job. */
export interface Executor {
  /** Resolves when the process was started. Launching a running attempt again changes nothing. */
  launch(spec: LaunchSpec): Promise<void>;
  /** Kills an attempt with all that it started. While that is under way a second end joins it, and a launch is refused. */
  end(attemptId: string): Promise<AttemptEnding>;
  /** `unknown` when nobody could be asked: it says nothing about the attempt. */
  observe(attemptId: string): Promise<Observation>;
  /** All that runs here and was started by this installation, in pages; throws when nobody could be asked. */
  list(): AsyncIterable<Started[]>;
  /** Ends what was listed, and nothing else that has its name. */
  endStarted(started: Started): Promise<AttemptEnding>;
  /** An end that a listener could not record is told again where the executor can, else found by the reconciler. */
  onExit(listener: ExitListener): () => void;
  /** What is known of an attempt here; null: nothing of it is here. Throws when nobody could be asked. */
  inspect(attemptId: string): Promise<AttemptDetails | null>;
  /** The end of its log, as it was written: nothing in it is redacted. */
  readLog(attemptId: string, ask: LogAsk): Promise<AttemptLog | null>;
  /** Told as an attempt ends, and before or after its end is told; never where nothing could be read. */
  onRemains(listener: RemainsListener): () => void;
  /** null where volumes are folders, which the server archives by itself. An archiver is an attempt as any other. */
  readonly launchArchiver: ((spec: ArchiverSpec) => Promise<void>) | null;
  close(): Promise<void>;
}

/** What the runner itself says by its exit code of why it ended. */
export function causeOfExit(code: number | null): AttemptCause | null {
  return code === RUNNER_EXIT.storageFull ? "storage-full" : null;
}

const WARN_LEVEL = 40;

/**
 * What a runner said at its end, for a person: of its own log's lines only what they say of something that went wrong,
 * and all else as it is. The log itself is kept beside it.
 */
export function wordsOf(written: string): string {
  return written
    .split("\n")
    .map(wordsOfLine)
    .filter((line) => line !== null)
    .join("\n");
}

function wordsOfLine(line: string): string | null {
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

/** What starts and ends archivers. */
export type ArchiverLauncher = Pick<Executor, "end" | "observe"> & {
  launchArchiver: NonNullable<Executor["launchArchiver"]>;
};

/** The name of an attempt's Job: made of a hash, so that it is one in any cluster. */
export function jobNameOf(attemptId: string): string {
  return `agentrun-${createHash("sha256").update(attemptId).digest("hex").slice(0, 32)}`;
}
