import process from "node:process";
import { testContext } from "@/server/test/context";
import { exporterTo } from "./exporters";

export type StormJob = { databaseUrl: string; url: string };

const { databaseUrl, url }: StormJob = JSON.parse(process.argv[2] ?? "");
const { exporter } = exporterTo(testContext({ url: databaseUrl }, { poolMax: 4 }), url, { timeoutMs: 200 });

// The parent holds the other end of the pipe, so this process ends with the test in any case.
process.stdin.resume().once("end", () => process.exit());

// Works until it is killed.
for (;;) {
  await exporter.pass().catch(() => undefined);
  await new Promise((resolve) => setTimeout(resolve, 10));
}
