import process from "node:process";
import { fireSchedules } from "@/server/schedules";
import { testContext } from "@/server/test/context";

export type StormJob = { databaseUrl: string };

const { databaseUrl }: StormJob = JSON.parse(process.argv[2] ?? "");
const ctx = testContext({ url: databaseUrl }, { poolMax: 2 });

// The parent holds the other end of the pipe, so this process ends with the test in any case.
process.stdin.resume().once("end", () => process.exit());

// Works until it is killed.
for (;;) {
  await fireSchedules(ctx);
  await new Promise((resolve) => setTimeout(resolve, 5));
}
