import { expect, test } from "vitest";
import { backends } from "@/db/schema";
import { createCommand } from "@/server/commands";
import type { ServiceContext } from "@/server/context";
import { createTask } from "@/server/queue";
import { createRun } from "@/server/runs";
import { createTestStore, tenantOperator } from "@/server/storage/test/context";
import { listBackends } from ".";

test("built-in profiles have stored rows and list their configuration", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const settings = {
    ...ctx.settings,
    backends: { deepseek: { model: "deepseek-chat", baseUrl: "https://api.deepseek.com", wire: "responses" as const } },
  };
  const { items } = await listBackends({ ...ctx, settings });
  expect(items.map((item) => item.profile)).toEqual(["codex", "deepseek", "demo", "minimax-m3"]);
  expect(items[0]).toMatchObject({
    capabilities: {
      protocol: "codex-app-server-jsonrpc-stdio",
      transport: "stdio",
      command: "codex app-server --listen stdio://",
    },
    capacity: { mode: "manual-runner-v0.1" },
    health: { status: "registered" },
    isConfigured: false,
    model: null,
  });
  expect(items[1]).toMatchObject({ isConfigured: true, model: "deepseek-chat" });
});

test("the demo profile is labelled, and absent when disabled", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const demo = (await listBackends(ctx)).items.find((item) => item.profile === "demo");
  expect(demo).toMatchObject({ isDemo: true, isConfigured: true });
  const without = await listBackends({ ...ctx, settings: { ...ctx.settings, isDemoOn: false } });
  expect(without.items.map((item) => item.profile)).not.toContain("demo");
});

test("stored rows extend built-in capabilities and may define further profiles", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  await ctx.db
    .insert(backends)
    .values({ profile: "house", capabilities: { transport: "socket" }, capacity: {}, health: {} });
  const house = (await listBackends(ctx)).items.find((item) => item.profile === "house");
  expect(house?.capabilities).toMatchObject({ protocol: "codex-app-server-jsonrpc-stdio", transport: "socket" });
});

test("counts what uses a profile's limit for all tenants, and lists queued tasks separately", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const run = await createRun(ctx, { backendProfile: "codex" });
  await createCommand(ctx, { runId: run.id, type: "turn", payload: { text: "go" } });
  // No run uses this profile.
  await createRun(ctx, { backendProfile: "codex" });
  await createTask(ctx, { title: "waits", backendProfile: "codex", payload: {} });
  const codexOf = async (of: ServiceContext) =>
    (await listBackends(of)).items.find(({ profile }) => profile === "codex");
  expect(await codexOf(ctx)).toMatchObject({ tasks: { running: 0, waiting: 1 }, otherTurns: 1 });
  expect(await codexOf(store.as(tenantOperator("acme")))).toMatchObject({ tasks: { waiting: 0 }, otherTurns: 0 });
});
