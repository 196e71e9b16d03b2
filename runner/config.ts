import path from "node:path";
import { z } from "zod";
import { loginsFolder } from "@/contract/logins";
import type { Isolation } from "./isolation";

const LogLevel = z.enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]).default("info");

/** A token that cannot stand in a header is refused here: the HTTP client's error would quote its value. */
const Token = z.string().regex(/^[\x21-\x7e]+$/, "it is not a valid token");

/** The environment of an attempt. Paths are absolute; only main.ts reads the environment itself. */
const RunnerEnv = z.object({
  AGENTRUN_URL: z.url(),
  AGENTRUN_RUN_ID: z.string().min(1),
  AGENTRUN_ATTEMPT: z.string().min(1),
  AGENTRUN_RUNNER_ID: z.string().min(1),
  AGENTRUN_LAUNCH_TOKEN: Token,
  AGENTRUN_VOLUME_DIR: z.string().startsWith("/").optional(),
  AGENTRUN_SCRATCH_DIR: z.string().startsWith("/"),
  /**
   * Contains what is not the agent's: other sessions' volumes, keys, the database. Absent where none of these is on
   * this machine.
   */
  AGENTRUN_DATA_DIR: z.string().startsWith("/").optional(),
  /** Folders, separated as in PATH. A directory workspace must lie below one of them. */
  AGENTRUN_WORKSPACE_ROOTS: z.string().optional(),
  AGENTRUN_CODEX_PATH: z.string().min(1),
  AGENTRUN_LEASE_MS: z.coerce.number().int().min(500).default(20_000),
  /**
   * Whether time alone ends the agent. By default the claim's answer decides, and says so where nobody else can end
   * this runner.
   */
  AGENTRUN_SELF_FENCE: z.enum(["on", "off"]).optional(),
  /** What confines the agent: codex by its own sandboxes, or the pod that this runner is alone in. */
  AGENTRUN_SANDBOX: z.enum(["codex", "pod"]).default("codex"),
  /**
   * One step of a pod: `prepare` writes the volume before the agent may, `work` does the rest. By default one process
   * does both.
   */
  AGENTRUN_STEP: z.enum(["prepare", "work"]).optional(),
  /** A host:port that the pod of a run without network must not be able to reach. */
  AGENTRUN_NETWORK_PROBE: z.string().regex(/:\d+$/).optional(),
  /** What the runner was built from; compared with the server's commit. */
  AGENTRUN_SOURCE_COMMIT: z.string().min(1).max(256).optional(),
  /** The node of the runner's pod. */
  AGENTRUN_NODE_NAME: z.string().min(1).max(256).optional(),
  HOME: z.string().optional(),
  XDG_CONFIG_HOME: z.string().optional(),
  LOG_LEVEL: LogLevel,
  PATH: z.string().default("/usr/local/bin:/usr/bin:/bin"),
  LANG: z.string().default("C.UTF-8"),
});

/** The environment of an archiver: a volume to read, and the session that it belongs to. */
const ArchiverEnv = z.object({
  AGENTRUN_URL: z.url(),
  AGENTRUN_ATTEMPT: z.string().min(1),
  AGENTRUN_SESSION_ID: z.string().min(1),
  AGENTRUN_ROLLOUT_SUBDIR: z.string().min(1),
  AGENTRUN_VOLUME_DIR: z.string().startsWith("/"),
  AGENTRUN_ARCHIVER_TOKEN: Token,
  LOG_LEVEL: LogLevel,
});

export interface ArchiverConfig {
  url: string;
  attemptId: string;
  sessionId: string;
  rolloutSubdir: string;
  volumeDir: string;
  token: string;
  logLevel: string;
}

/** Throws with the variable's name when one is missing or wrong. */
export function readArchiverConfig(env: Record<string, string | undefined>): ArchiverConfig {
  const parsed = ArchiverEnv.safeParse(env);
  if (!parsed.success)
    throw new Error(`the archiver's environment is incomplete or invalid: ${z.prettifyError(parsed.error)}`);
  const { data } = parsed;
  return {
    url: data.AGENTRUN_URL.replace(/\/$/, ""),
    attemptId: data.AGENTRUN_ATTEMPT,
    sessionId: data.AGENTRUN_SESSION_ID,
    rolloutSubdir: data.AGENTRUN_ROLLOUT_SUBDIR,
    volumeDir: data.AGENTRUN_VOLUME_DIR,
    token: data.AGENTRUN_ARCHIVER_TOKEN,
    logLevel: data.LOG_LEVEL,
  };
}

export interface RunnerConfig {
  url: string;
  runId: string;
  attemptId: string;
  runnerId: string;
  launchToken: string;
  volumeDir: string | undefined;
  scratchDir: string;
  /** Hidden from the agent, except for its own volume and scratch folder. */
  dataDir?: string | undefined;
  /**
   * Where the person who started this runner has the tokens of `agentrun login`; hidden from the agent, like `dataDir`.
   */
  loginsDir?: string | undefined;
  workspaceRoots?: string[] | undefined;
  codexPath: string;
  leaseMs: number;
  /** Overrides what the claim's answer says. */
  selfFence: boolean | undefined;
  /** The pod is the sandbox: codex's own sandboxes need namespaces, which a restricted pod refuses. */
  isPod?: boolean;
  /** Absent: one process does both steps. */
  step?: "prepare" | "work" | undefined;
  /** host:port. Absent where the run may use the network, and where no pod has to be cut off from it. */
  networkProbe?: string | undefined;
  sourceCommit?: string | undefined;
  /** Absent: the host name is the placement. */
  nodeName?: string | undefined;
  /** How long codex may take to answer while it starts. */
  startTimeoutMs?: number;
  /** How long a turn may take to stop before codex is killed. */
  interruptBoundMs?: number;
  /** How long codex may be silent in a turn without a time limit. */
  silenceMaxMs?: number;
  /** How long a session waits for an archive while the server does not answer. */
  archiveAwayMaxMs?: number;
  /** Overrides what this machine was found to allow. */
  isolation?: Isolation;
  logLevel: string;
  pathVariable: string;
  lang: string;
}

/** Throws with the variable's name when one is missing or wrong. */
export function readRunnerConfig(env: Record<string, string | undefined>): RunnerConfig {
  const parsed = RunnerEnv.safeParse(env);
  if (!parsed.success)
    throw new Error(`the runner's environment is incomplete or invalid: ${z.prettifyError(parsed.error)}`);
  const { data } = parsed;
  return {
    url: data.AGENTRUN_URL.replace(/\/$/, ""),
    runId: data.AGENTRUN_RUN_ID,
    attemptId: data.AGENTRUN_ATTEMPT,
    runnerId: data.AGENTRUN_RUNNER_ID,
    launchToken: data.AGENTRUN_LAUNCH_TOKEN,
    volumeDir: data.AGENTRUN_VOLUME_DIR,
    scratchDir: data.AGENTRUN_SCRATCH_DIR,
    dataDir: data.AGENTRUN_DATA_DIR,
    loginsDir: data.AGENTRUN_DATA_DIR === undefined ? undefined : loginsFolder(data),
    workspaceRoots: data.AGENTRUN_WORKSPACE_ROOTS?.split(path.delimiter).filter(Boolean),
    codexPath: data.AGENTRUN_CODEX_PATH,
    leaseMs: data.AGENTRUN_LEASE_MS,
    selfFence: data.AGENTRUN_SELF_FENCE === undefined ? undefined : data.AGENTRUN_SELF_FENCE === "on",
    isPod: data.AGENTRUN_SANDBOX === "pod",
    step: data.AGENTRUN_STEP,
    networkProbe: data.AGENTRUN_NETWORK_PROBE,
    sourceCommit: data.AGENTRUN_SOURCE_COMMIT,
    nodeName: data.AGENTRUN_NODE_NAME,
    logLevel: data.LOG_LEVEL,
    pathVariable: data.PATH,
    lang: data.LANG,
  };
}
