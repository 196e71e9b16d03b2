import process from "node:process";
import { testContext } from "@/server/test/context";
import { WebhookSender } from "..";

export type StormJob = { databaseUrl: string; leaseMs: number; pauseMs: number };

const { databaseUrl, leaseMs, pauseMs }: StormJob = JSON.parse(process.argv[2] ?? "");
const sender = new WebhookSender({
  ctx: testContext({ url: databaseUrl }, { poolMax: 4 }),
  ...{ leaseMs, retryDelayAfter: () => pauseMs },
});

// The parent holds the other end of the pipe, so this process ends with the test in any case.
process.stdin.resume().once("end", () => process.exit());

// Works until it is killed.
for (;;) {
  await sender.pass();
  await new Promise((resolve) => setTimeout(resolve, 20));
}
