import path from "node:path";
import process from "node:process";
import { readSupervisorConfig } from "@/supervisor/env";
import { backUp } from "./backup";

const USAGE = `Copies the data folder (AGENTRUN_DATA_DIR, else .agentrun) into one that can be started, while the product runs.
Usage: npm run backup -- FOLDER`;
const BUCKET = /^s3:\/\//;

const stop = new AbortController();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.on(signal, () => stop.abort(new Error("Stopped. The partial copy was removed.")));

async function run(args: string[]): Promise<void> {
  const [folder, ...others] = args;
  if (folder === undefined || others.length > 0 || folder.startsWith("-")) throw new Error(USAGE);
  const { dataDir, databaseUrl, archiveLocation } = readSupervisorConfig();
  if (databaseUrl !== null)
    throw new Error("DATABASE_URL names a PostgreSQL of your own: back it up by its own means (docs/OPERATIONS.md).");
  const isBucket = archiveLocation !== null && BUCKET.test(archiveLocation);
  const archive = isBucket ? null : path.resolve(archiveLocation ?? path.join(dataDir, "archive"));
  const print = (line: string) => process.stdout.write(`${line}\n`);
  if (archive === null) print(`The archive is in ${archiveLocation} and is not copied.`);
  const summary = await backUp({ dataDir, target: path.resolve(folder), archive, signal: stop.signal, print });
  const sessions = summary.sessions === 1 ? "1 session" : `${summary.sessions} sessions`;
  print(`It contains ${sessions}. Start a copy of it: AGENTRUN_DATA_DIR=… npm start`);
}

run(process.argv.slice(2)).then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    process.exit(1);
  },
);
