import { expect, test } from "vitest";
import { moveTracePosition, readTracePositions } from "@/db/queries/trace-feeds";
import { createTestDatabase } from "@/db/test/database";
import { startTestWeb } from "@/server/test/web";

test("web counts span outcomes of all workers, the same on every request", async () => {
  await using database = await createTestDatabase();
  await using web = await startTestWeb(database);
  const read = async () =>
    String((await web.call("GET", "/metrics")).body)
      .split("\n")
      .filter((line) => line.startsWith("agentrun_trace"));
  const told = (sent: number, rejected: number, givenUp: number) => [
    `agentrun_trace_spans_total{outcome="sent"} ${sent}`,
    `agentrun_trace_spans_total{outcome="rejected"} ${rejected}`,
    `agentrun_trace_spans_total{outcome="given_up"} ${givenUp}`,
    "agentrun_traces_behind_seconds 0",
  ];
  expect(await read()).toEqual(told(0, 0, 0));
  const { db } = web.wiring.database;
  for (const place of await readTracePositions(db))
    await moveTracePosition(db, place, place, { sent: 3, rejected: 2, givenUp: 1 });
  for (let times = 0; times < 2; times += 1) expect(await read()).toEqual(told(6, 4, 2));
});
