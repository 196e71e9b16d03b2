import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, open, readdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import type { PostgresBinaries } from "./binaries";
import { chownTree, type Identity } from "./identity";
import { logTail, postgresEnv } from "./process-env";

export const POSTGRES_USER = "agentrun";

export interface ClusterParts {
  binaries: PostgresBinaries;
  identity: Identity;
  folder: string;
  password: string;
  logFile: string;
  isDurable: boolean;
}

/** Makes the cluster under another name first, so that an interrupted start leaves no incomplete cluster. */
export async function initializeCluster(parts: ClusterParts): Promise<void> {
  const { identity, folder } = parts;
  const parent = path.dirname(folder);
  await mkdir(parent, { recursive: true });
  for (const name of await readdir(parent)) {
    if (name.startsWith("pg.new-")) await rm(path.join(parent, name), { recursive: true, force: true });
  }
  const workDir = path.join(parent, `pg.new-${process.pid}`);
  await mkdir(workDir, { mode: 0o700 });
  const newCluster = path.join(workDir, "pg");
  const passwordFile = path.join(workDir, "password");
  await writeFile(passwordFile, parts.password, { mode: 0o600 });
  await chownTree(identity, workDir);
  await runProgram(parts, [
    parts.binaries.initdb,
    `--pgdata=${newCluster}`,
    `--username=${POSTGRES_USER}`,
    `--pwfile=${passwordFile}`,
    "--auth=scram-sha-256",
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--locale=C",
    ...(parts.isDurable ? [] : ["--no-sync"]),
  ]);
  await rename(newCluster, folder);
  await rm(workDir, { recursive: true, force: true });
}

/** Sets the role's password on a stopped cluster whose file of secrets was lost. */
export async function resetPassword(parts: ClusterParts): Promise<void> {
  if (!/^[A-Za-z0-9_-]+$/.test(parts.password)) throw new Error("The database's password has unexpected characters.");
  const statement = `ALTER ROLE ${POSTGRES_USER} PASSWORD '${parts.password}'\n`;
  await runProgram(parts, [parts.binaries.postgres, "--single", "-D", parts.folder, "postgres"], statement);
}

async function runProgram(parts: ClusterParts, command: string[], input?: string): Promise<void> {
  const [file = "", ...args] = [...parts.identity.prefix, ...command];
  const log = await open(parts.logFile, "a", 0o600);
  try {
    const child = spawn(file, args, {
      uid: parts.identity.uid,
      gid: parts.identity.gid,
      cwd: "/",
      env: postgresEnv(),
      stdio: ["pipe", log.fd, log.fd],
    });
    child.stdin?.end(input);
    const [code] = (await once(child, "exit")) as [number | null];
    if (code !== 0) {
      throw new Error(`${path.basename(command[0] ?? "")} ended with ${code}: ${await logTail(parts.logFile)}`);
    }
  } finally {
    await log.close();
  }
}
