import process from "node:process";
import { inArray } from "drizzle-orm";
import { runs } from "@/db/schema";
import { createFolderArchive } from "@/server/archive/folder";
import type { ServiceContext } from "@/server/context";
import { dispatchTasks } from "@/server/dispatcher";
import { toAgentRunError } from "@/server/errors";
import { testContext } from "@/server/test/context";
import { createLocalVolumes } from "@/server/volumes/local";
import { playOpen } from "./players";

export type StormJob = {
  databaseUrl: string;
  dataDir: string;
  runnersMax: number;
  role: "dispatcher" | "player";
  /** Which runs a player plays: those whose id ends in one of these letters. */
  letters: string;
};

const PAUSE_MS = 20;
const job: StormJob = JSON.parse(process.argv[2] ?? "");
const made = testContext(
  { url: job.databaseUrl },
  { volumes: createLocalVolumes(`${job.dataDir}/volumes`), poolMax: 4 },
);
const ctx: ServiceContext = {
  ...made,
  archive: createFolderArchive(`${job.dataDir}/archive`),
  settings: { ...made.settings, executor: "local", runnersMax: job.runnersMax },
};

// The parent holds the other end of the pipe, so this process ends with the test in any case.
process.stdin.resume().once("end", () => process.exit());

// Works until it is killed. If the database is away it tries again; any other error ends it and is reported by the
// storm.
for (;;) {
  try {
    const done = job.role === "dispatcher" ? await dispatchTasks(ctx, job) : await play();
    if (done === 0) await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  } catch (error) {
    if (toAgentRunError(error).failureKind !== "infra-failed") throw error;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

async function play(): Promise<number> {
  const open = await ctx.db
    .select({ id: runs.id })
    .from(runs)
    .where(inArray(runs.status, ["pending", "claimed"]));
  const mine = open.filter(({ id }) => job.letters.includes(id.slice(-1)));
  for (const { id } of mine) await playOpen(ctx, id);
  return mine.length;
}
