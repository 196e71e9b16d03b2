import { expect, test } from "vitest";
import { readSupervisorConfig } from "./env";
import { buildEnvironments } from "./environments";

test("credentials of a trace collector reach only the worker", async () => {
  const config = readSupervisorConfig({
    ...{ PATH: "/bin", NODE_ENV: "test" as const },
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4318",
    OTEL_EXPORTER_OTLP_HEADERS: "authorization=hunter2",
  });
  const secrets = { adminToken: "a", databasePassword: "b" } as never;
  const parts = { config, secrets, databaseUrl: "postgres://x", port: 1, url: "http://x", distDir: "d" };
  const { web, worker, runner } = await buildEnvironments(parts);
  expect(worker).toMatchObject({ OTEL_EXPORTER_OTLP_HEADERS: "authorization=hunter2" });
  expect(JSON.stringify([web, runner])).not.toMatch(/OTEL|hunter2/);
  // In addition to everything that both of them have.
  expect(Object.keys(worker)).toEqual(expect.arrayContaining(["PATH", "DATABASE_URL", "AGENTRUN_RUNNER_URL"]));
});
