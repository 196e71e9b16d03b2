import path from "node:path";
import { z } from "zod";
import { loginsFolder } from "@/contract/logins";
import type { Isolation } from "./isolation";

const LogLevel = z.enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"]).default("info");

/** What cannot stand in a header is told with its value by who refuses it there. */
const Token = z.string().regex(/^[\x21-\x7e]+$/, "it is no token");

/** What an attempt is started with. Paths are absolute; only main.ts reads the environment itself. */
const RunnerEnv = z.object({
  AGENTRUN_URL: z.url(),
  AGENTRUN_RUN_ID: z.string().min(1),
  AGENTRUN_ATTEMPT: z.string().min(1),
  AGENTRUN_RUNNER_ID: z.string().min(1),
  AGENTRUN_LAUNCH_TOKEN: Token,
  AGENTRUN_VOLUME_DIR: z.string().startsWith("/").optional(),
  AGENTRUN_SCRATCH_DIR: z.string().startsWith("/"),
  /** Holds what is not the agent's: other sessions' volumes, keys, the database. Absent where none of it is here. */
  AGENTRUN_DATA_DIR: z.string().startsWith("/").optional(),
  /** Folders, separated as in PATH, that a directory workspace has to lie below. */
  AGENTRUN_WORKSPACE_ROOTS: z.string().optional(),
  AGENTRUN_CODEX_PATH: z.string().min(1),
  AGENTRUN_LEASE_MS: z.coerce.number().int().min(500).default(20_000),
  /** Whether time alone ends the agent; absent, the claim's answer says so where nobody else can end this runner. */
  AGENTRUN_SELF_FENCE: z.enum(["on", "off"]).optional(),
  /** What holds the agent: codex by its own sandboxes, or the pod that this runner is alone in. */
  AGENTRUN_SANDBOX: z.enum(["codex", "pod"]).default("codex"),
  /** One of a pod's two steps: all that writes the volume before the agent may, or what comes after. Absent, it is both. */
  AGENTRUN_STEP: z.enum(["prepare", "work"]).optional(),
  /** host:port that the pod of a run without network is to be cut off from. */
  AGENTRUN_NETWORK_PROBE: z.string().regex(/:\d+$/).optional(),
  /** What the runner was built from; compared with the server's. */
  AGENTRUN_SOURCE_COMMIT: z.string().min(1).max(256).optional(),
  /** The node that its pod is on. */
  AGENTRUN_NODE_NAME: z.string().min(1).max(256).optional(),
  HOME: z.string().optional(),
  XDG_CONFIG_HOME: z.string().optional(),
  LOG_LEVEL: LogLevel,
  PATH: z.string().default("/usr/local/bin:/usr/bin:/bin"),
  LANG: z.string().default("C.UTF-8"),
});

/** What an archiver is started with: a volume that it reads, and whose it is. */
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
  if (!parsed.success) throw new Error(`the archiver's environment is not complete: ${z.prettifyError(parsed.error)}`);
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
  /** Hidden from the agent but for its own volume and scratch. */
  dataDir?: string | undefined;
  /** Where whoever started this runner keeps what `agentrun login` gave them; hidden from the agent beside `dataDir`. */
  loginsDir?: string | undefined;
  workspaceRoots?: string[] | undefined;
  codexPath: string;
  leaseMs: number;
  /** Instead of what the claim's answer says. */
  selfFence: boolean | undefined;
  /** The pod is the sandbox: codex's own need namespaces, which a restricted pod refuses. */
  isPod?: boolean;
  /** Absent: one process does all. */
  step?: "prepare" | "work" | undefined;
  /** host:port; absent where the run may have a network, and where no pod is to keep it from one. */
  networkProbe?: string | undefined;
  sourceCommit?: string | undefined;
  /** Absent: this machine is the place. */
  nodeName?: string | undefined;
  /** How long codex may take to answer while it starts. */
  startTimeoutMs?: number;
  /** How long a turn may take to stop before codex is killed. */
  interruptBoundMs?: number;
  /** How long codex may say nothing in a turn that has no limit of its own. */
  silenceMaxMs?: number;
  /** How long a session waits for an archive that gives no answer. */
  archiveAwayMaxMs?: number;
  /** Instead of what this machine was found to allow. */
  isolation?: Isolation;
  logLevel: string;
  pathVariable: string;
  lang: string;
}

/** Throws with the variable's name when one is missing or wrong. */
export function readRunnerConfig(env: Record<string, string | undefined>): RunnerConfig {
  const parsed = RunnerEnv.safeParse(env);
  if (!parsed.success) throw new Error(`the runner's environment is not complete: ${z.prettifyError(parsed.error)}`);
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
