import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { open, realpath, rename, stat } from "node:fs/promises";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import pg from "pg";
import { within } from "@/contract/async";
import { freePort } from "@/supervisor/port";
import { findPostgresBinaries } from "./binaries";
import { choosePostgresIdentity } from "./identity";
import { type ClusterParts, initializeCluster, POSTGRES_USER, resetPassword } from "./initialize";
import { endOrphan } from "./orphan";
import { logTail, postgresEnv } from "./process-env";

export interface PostgresOptions {
  /** The folder in which `pg` is made. */
  dataDir: string;
  password: string;
  logFile: string;
  /** Defaults to a free port. */
  port?: number;
  /** Tests give up durability for speed; nothing else may. */
  isDurable?: boolean;
  settings?: Record<string, string>;
}

export interface PostgresExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface PostgresServer {
  /** The address of the server's maintenance database. */
  url: string;
  pid: number;
  port: number;
  databaseUrl(name: string): string;
  /** Settles when the server has ended, whoever ended it. */
  exited: Promise<PostgresExit>;
  /** Shuts down fast; then, after the deadline, immediately; after twice the deadline, by SIGKILL. */
  stop(deadlineMs: number): Promise<void>;
}

const LOG_SIZE_MAX_BYTES = 20 * 1024 * 1024;
const START_DEADLINE_MS = 60_000;
const WRONG_PASSWORD = "28P01";

/**
 * Starts the PostgreSQL of a data folder. Creates the cluster the first time, and takes it over from a supervisor that
 * was killed.
 */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const binaries = await findPostgresBinaries();
  const parts: ClusterParts = {
    binaries,
    identity: await choosePostgresIdentity(binaries.postgres, options.dataDir),
    // The real path, by which the processes of an earlier start are found.
    folder: path.join(await realpath(options.dataDir), "pg"),
    password: options.password,
    logFile: options.logFile,
    isDurable: options.isDurable ?? true,
  };
  if (existsSync(parts.folder)) await endOrphan(parts.folder);
  else await initializeCluster(parts);
  const port = options.port ?? (await freePort());
  try {
    return await startOnce(parts, port, options.settings);
  } catch (error) {
    if ((error as { code?: string }).code !== WRONG_PASSWORD) throw error;
    await resetPassword(parts);
    return startOnce(parts, port, options.settings);
  }
}

async function startOnce(
  parts: ClusterParts,
  port: number,
  settings: Record<string, string> | undefined,
): Promise<PostgresServer> {
  const child = await launch(parts, { ...baseSettings(parts, port), ...settings });
  const databaseUrl = (name: string) =>
    `postgres://${POSTGRES_USER}:${encodeURIComponent(parts.password)}@127.0.0.1:${port}/${name}`;
  const exited = new Promise<PostgresExit>((resolve) => {
    child.once("exit", (code, signal) => resolve({ code, signal }));
  });
  const server: PostgresServer = {
    url: databaseUrl("postgres"),
    pid: child.pid ?? 0,
    port,
    databaseUrl,
    exited,
    stop: (deadlineMs) => stopChild(child, exited, deadlineMs),
  };
  try {
    await waitUntilReady(server, parts.logFile);
  } catch (error) {
    await server.stop(5_000);
    throw error;
  }
  return server;
}

function baseSettings(parts: ClusterParts, port: number): Record<string, string> {
  return {
    listen_addresses: "127.0.0.1",
    port: String(port),
    unix_socket_directories: "",
    timezone: "UTC",
    log_timezone: "UTC",
    max_connections: "200",
    ...(parts.isDurable ? {} : { fsync: "off", synchronous_commit: "off", full_page_writes: "off" }),
  };
}

async function launch(parts: ClusterParts, settings: Record<string, string>): Promise<ChildProcess> {
  const { identity, logFile } = parts;
  const logFileStat = await stat(logFile).catch(() => null);
  if (logFileStat && logFileStat.size > LOG_SIZE_MAX_BYTES) await rename(logFile, `${logFile}.1`);
  const [file = "", ...args] = [
    ...identity.prefix,
    parts.binaries.postgres,
    "-D",
    parts.folder,
    ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
  ];
  const log = await open(logFile, "a", 0o600);
  try {
    // Runs in a session of its own: a Ctrl-C sent to the whole group must not end the database before its clients.
    const child = spawn(file, args, {
      uid: identity.uid,
      gid: identity.gid,
      cwd: "/",
      detached: true,
      env: postgresEnv(),
      stdio: ["ignore", log.fd, log.fd],
    });
    await once(child, "spawn");
    return child;
  } finally {
    await log.close();
  }
}

async function waitUntilReady(server: PostgresServer, logFile: string): Promise<void> {
  const deadline = Date.now() + START_DEADLINE_MS;
  let ended: string | null = null;
  void server.exited.then((exit) => {
    ended = `with ${exit.signal ?? exit.code}`;
  });
  for (;;) {
    const error = await connectOnce(server.url);
    if (error === null) return;
    if ((error as { code?: string }).code === WRONG_PASSWORD) throw error;
    if (ended !== null) throw new Error(`PostgreSQL ended ${ended}: ${await logTail(logFile)}`);
    if (Date.now() > deadline) {
      throw new Error(`PostgreSQL did not become ready: ${await logTail(logFile)}`, { cause: error });
    }
    await pause(20);
  }
}

async function connectOnce(url: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on("error", () => undefined);
  try {
    await client.connect();
    return null;
  } catch (error) {
    return error;
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function stopChild(child: ChildProcess, exited: Promise<unknown>, deadlineMs: number): Promise<void> {
  for (const signal of ["SIGINT", "SIGQUIT", "SIGKILL"] as const) {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await within(deadlineMs, exited);
  }
}
