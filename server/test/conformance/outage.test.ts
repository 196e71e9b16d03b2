import { expect, test } from "vitest";
import { createTestDatabase } from "@/db/test/database";
import { startDatabaseProxy } from "@/server/test/database-proxy";
import { startTestWeb } from "@/server/test/web";
import { Program, readError } from "./program";

test("while the database is down, health reports it and the API answers infra-failed; then both recover", async () => {
  await using database = await createTestDatabase();
  await using proxy = await startDatabaseProxy(database.url);
  await using web = await startTestWeb({ url: proxy.url });
  const program = new Program(web, database);
  const run = await program.run();
  proxy.cut();
  const ready = await program.send("GET", "/readyz", { token: null });
  expect(ready.status).toBe(503);
  expect(ready.body).toMatchObject({
    ready: false,
    reachable: false,
    failureKind: "infra-failed",
    credentialValuesPrinted: false,
  });
  expect(JSON.stringify(ready.body)).not.toMatch(/postgres(ql)?:\/\/|password/);
  expect((await program.send("GET", "/healthz", { token: null })).status).toBe(200);
  expect((await program.trpc("query", "health.get", undefined, null)).data).toMatchObject({ ready: false });
  for (const [method, path, body] of [
    ["GET", "/api/v1/runs", undefined],
    ["POST", "/api/v1/runs", { backendProfile: "codex" }],
    ["POST", `/api/v1/runs/${run.id}/events`, { events: [{ type: "warning", payload: {} }] }],
    ["POST", `/api/v1/runs/${run.id}/heartbeat`, { runnerId: "r" }],
  ] as const) {
    const answer = await program.send(method, path, body === undefined ? {} : { body });
    expect(answer.status, `${method} ${path}`).toBe(503);
    expect(readError(answer), `${method} ${path}`).toMatchObject({
      failureKind: "infra-failed",
      reason: "database-down",
    });
  }
  proxy.restore();
  let status = 0;
  while (status !== 200) status = (await program.send("GET", "/readyz", { token: null })).status;
  expect(await program.get(`/runs/${run.id}`)).toEqual(run);
});
