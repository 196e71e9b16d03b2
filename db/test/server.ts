import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm, statfs } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { startPostgres } from "@/supervisor/postgres/cluster";

const MEMORY_FOLDER = "/dev/shm";
const MEMORY_MIN_BYTES = 4 * 1024 ** 3;

export interface TestServer {
  url: string;
  /** Stops the server and keeps its data, as a failover does, until `resume` starts it again. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts a PostgreSQL for tests in a folder of its own. It ends with this process, however that ends. */
export async function startTestServer(): Promise<TestServer> {
  const dataDir = await mkdtemp(path.join(await findFastFolder(), "agentrun-test-"));
  // In an hour of changes without vacuum, every scan of a table would become longer.
  const isLong = process.env.AGENTRUN_FAULTS === "long";
  const options = {
    dataDir,
    password: randomBytes(12).toString("hex"),
    logFile: path.join(dataDir, "postgres.log"),
    isDurable: false,
    settings: { max_connections: "300", autovacuum: isLong ? "on" : "off", max_wal_size: "2GB" },
  };
  let server = await startPostgres(options);
  let reaper = startReaper(server.pid, dataDir);
  const pause = async () => {
    reaper.kill("SIGKILL");
    await server.stop(5_000);
  };
  return {
    url: server.url,
    pause,
    async resume() {
      server = await startPostgres({ ...options, port: server.port });
      reaper = startReaper(server.pid, dataDir);
    },
    async stop() {
      await pause();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Holds a pipe from this process: when the pipe closes, the database and its folder are removed. */
function startReaper(pid: number, dataDir: string): ChildProcess {
  const reaper = spawn(
    "sh",
    ["-c", 'cat >/dev/null; kill -QUIT "$1" 2>/dev/null; sleep 0.2; rm -rf "$2"', "sh", String(pid), dataDir],
    {
      detached: true,
      stdio: ["pipe", "ignore", "ignore"],
    },
  );
  reaper.unref();
  return reaper;
}

/**
 * Prefers memory where there is plenty: cloning a database there takes a fraction of the time, above all on a busy
 * disk.
 */
async function findFastFolder(): Promise<string> {
  const memory = await statfs(MEMORY_FOLDER).catch(() => null);
  const isRoomy = memory !== null && memory.bavail * memory.bsize >= MEMORY_MIN_BYTES;
  return isRoomy ? MEMORY_FOLDER : tmpdir();
}
