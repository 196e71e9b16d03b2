import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import path from "node:path";
import pg from "pg";
import { findPostgresBinaries, type PostgresBinaries } from "./binaries";
import { choosePostgresIdentity, giveTo, type Identity } from "./identity";
import { endOrphan } from "./orphan";

export interface PostgresOptions {
  /** The folder `pg` is made in. */
  dataDir: string;
  password: string;
  logFile: string;
  /** Tests give durability up for speed; nothing else may. */
  isDurable?: boolean;
  settings?: Record<string, string>;
}

export interface PostgresServer {
  /** The maintenance database of the server. */
  url: string;
  pid: number;
  port: number;
  databaseUrl(name: string): string;
  /** Settles when the server has ended, whoever ended it. */
  exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** A fast shutdown; an immediate one after the deadline, a kill after twice the deadline. */
  stop(deadlineMs: number): Promise<void>;
}

export const POSTGRES_USER = "agentrun";
const LOG_SIZE_MAX_BYTES = 20 * 1024 * 1024;
const START_DEADLINE_MS = 30_000;

/** Starts the PostgreSQL of a data folder: made once, taken over from a supervisor that was killed. */
export async function startPostgres(options: PostgresOptions): Promise<PostgresServer> {
  const binaries = await findPostgresBinaries();
  const identity = await choosePostgresIdentity(binaries.postgres, options.dataDir);
  const folder = path.join(options.dataDir, "pg");
  if (existsSync(folder)) await endOrphan(folder);
  else await initialize({ binaries, identity, folder, options });
  const port = await freePort();
  const child = await launch({ binaries, identity, folder, options, port });
  const databaseUrl = (name: string) =>
    `postgres://${POSTGRES_USER}:${encodeURIComponent(options.password)}@127.0.0.1:${port}/${name}`;
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
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
    await waitUntilReady(server, options.logFile);
  } catch (error) {
    await server.stop(1_000);
    throw error;
  }
  return server;
}

interface Parts {
  binaries: PostgresBinaries;
  identity: Identity;
  folder: string;
  options: PostgresOptions;
}

/** Makes the cluster under another name first, so that a start that was cut off leaves no half of one. */
async function initialize({ binaries, identity, folder, options }: Parts): Promise<void> {
  const parent = path.dirname(folder);
  await mkdir(parent, { recursive: true });
  for (const name of await readdir(parent)) {
    if (name.startsWith("pg.new-")) await rm(path.join(parent, name), { recursive: true, force: true });
  }
  const workDir = path.join(parent, `pg.new-${process.pid}`);
  await mkdir(workDir, { mode: 0o700 });
  const fresh = path.join(workDir, "pg");
  const passwordFile = path.join(workDir, "password");
  await writeFile(passwordFile, options.password, { mode: 0o600 });
  await giveTo(identity, workDir);
  const [file = "", ...args] = [
    ...identity.prefix,
    binaries.initdb,
    `--pgdata=${fresh}`,
    `--username=${POSTGRES_USER}`,
    `--pwfile=${passwordFile}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    ...(options.isDurable === false ? ["--no-sync"] : []),
  ];
  const log = await open(options.logFile, "a", 0o600);
  try {
    const child = spawn(file, args, {
      ...spawnIdentity(identity),
      env: postgresEnv(),
      stdio: ["ignore", log.fd, log.fd],
    });
    const [code] = (await once(child, "exit")) as [number | null];
    if (code !== 0) throw new Error(`initdb ended with ${code}: ${await tail(options.logFile)}`);
  } finally {
    await log.close();
  }
  await rename(fresh, folder);
  await rm(workDir, { recursive: true, force: true });
}

async function launch(parts: Parts & { port: number }): Promise<ChildProcess> {
  const { binaries, identity, folder, options, port } = parts;
  const logSize = await stat(options.logFile)
    .then((file) => file.size)
    .catch(() => 0);
  if (logSize > LOG_SIZE_MAX_BYTES) await rename(options.logFile, `${options.logFile}.1`);
  const settings: Record<string, string> = {
    listen_addresses: "127.0.0.1",
    port: String(port),
    unix_socket_directories: "",
    timezone: "UTC",
    log_timezone: "UTC",
    max_connections: "200",
    ...(options.isDurable === false ? { fsync: "off", synchronous_commit: "off", full_page_writes: "off" } : {}),
    ...options.settings,
  };
  const [file = "", ...args] = [
    ...identity.prefix,
    binaries.postgres,
    "-D",
    folder,
    ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
  ];
  const log = await open(options.logFile, "a", 0o600);
  try {
    // A session of its own: a Ctrl-C that reaches the whole group must not end the database before its clients.
    const child = spawn(file, args, {
      ...spawnIdentity(identity),
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
    const client = new pg.Client({ connectionString: server.url, connectionTimeoutMillis: 2_000 });
    client.on("error", () => undefined);
    try {
      await client.connect();
      await client.end();
      return;
    } catch (error) {
      await client.end().catch(() => undefined);
      const code = (error as { code?: string }).code;
      if (code === "28P01") throw new Error("The password in secrets.json is not that of the database in this folder.");
      if (ended !== null) throw new Error(`PostgreSQL ended ${ended}: ${await tail(logFile)}`);
      if (Date.now() > deadline)
        throw new Error(`PostgreSQL did not become ready: ${await tail(logFile)}`, { cause: error });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

async function stopChild(child: ChildProcess, exited: Promise<unknown>, deadlineMs: number): Promise<void> {
  for (const signal of ["SIGINT", "SIGQUIT", "SIGKILL"] as const) {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, deadlineMs);
    });
    await Promise.race([exited, late]);
    clearTimeout(timer);
  }
}

function spawnIdentity(identity: Identity): { uid?: number; gid?: number; cwd: string } {
  return { uid: identity.uid, gid: identity.gid, cwd: "/" };
}

/** PostgreSQL gets nothing of this process's environment but where to find programs. */
function postgresEnv(): NodeJS.ProcessEnv {
  return {
    NODE_ENV: "production",
    PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    LANG: "C",
    LC_ALL: "C",
    TZ: "UTC",
  };
}

/** A TCP port of the loopback interface that is free now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("The system gave no port.");
  return address.port;
}

async function tail(file: string): Promise<string> {
  const text = await readFile(file, "utf8").catch(() => "");
  return `${text.trim().split("\n").slice(-5).join(" | ")} (log: ${file})`;
}
