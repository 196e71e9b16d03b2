import { eq } from "drizzle-orm";
import { expect, test } from "vitest";
import { CreateWebhookInput, ListWebhooksInput } from "@/contract/webhook";
import { WEBHOOKS_MAX } from "@/contract/words";
import { audit, webhooks } from "@/db/schema";
import { createTestDatabase } from "@/db/test/database";
import type { Actor, ServiceContext } from "@/server/context";
import { testContext } from "@/server/test/context";
import {
  createWebhook,
  deleteWebhook,
  listWebhooks,
  readWebhook,
  rotateWebhookSecret,
  testWebhook,
  updateWebhook,
} from ".";

const adminOf = (tenantId: string): Actor => ({
  kind: "operator",
  name: "ann",
  role: "admin",
  tenantId,
  tokenId: null,
});
const make = (ctx: ServiceContext, input: Partial<CreateWebhookInput> = {}) =>
  createWebhook(
    ctx,
    CreateWebhookInput.parse({ name: "chat", url: "https://hooks.example/a", events: ["run.failed"], ...input }),
  );
const listed = async (ctx: ServiceContext, input: Partial<ListWebhooksInput> = {}) =>
  (await listWebhooks(ctx, ListWebhooksInput.parse(input))).items.map(({ name }) => name);

test("shows a secret only when it is created or changed, and to nobody later", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const url = "https://hooks.example/services/T0/B0/very-secret-path";
  const made = await make(ctx, { url, events: ["task.parked", "run.failed", "run.failed"] });
  expect(made).toMatchObject({ tenantId: null, isEnabled: true, events: ["run.failed", "task.parked"], version: 1 });
  expect(made.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
  const changed = await rotateWebhookSecret(ctx, { webhookId: made.id });
  expect(changed.secret).not.toBe(made.secret);
  expect(Date.parse(changed.previousSecretUntil ?? "")).toBeGreaterThan(Date.now() + 23 * 3_600_000);
  await updateWebhook(ctx, { webhookId: made.id, url: `${url}/2` });
  const seen = JSON.stringify([
    await readWebhook(ctx, made.id),
    await listWebhooks(ctx, ListWebhooksInput.parse({})),
    await testWebhook(ctx, { webhookId: made.id }),
  ]);
  expect(seen).not.toMatch(/whsec_/);
  const told = JSON.stringify(await ctx.db.select().from(audit).where(eq(audit.targetKind, "webhook")));
  expect(told).toMatch(/webhooks.create.*webhooks.rotateSecret/s);
  expect(told).not.toMatch(/whsec_|very-secret-path/);
});

test("a tenant's administrators see their own webhooks, and those of all tenants see all", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const [one, two] = [ctx.as(adminOf("t1")), ctx.as(adminOf("t2"))];
  const { id: webhookId } = await make(one, { name: "one's" });
  await make(two, { name: "two's" });
  await make(ctx, { name: "everybody's" });
  await make(ctx, { name: "for two", tenantId: "t2" });
  expect(await listed(one)).toEqual(["one's"]);
  expect(await listed(two)).toEqual(["two's", "for two"]);
  expect(await listed(ctx)).toEqual(["one's", "two's", "everybody's", "for two"]);
  expect(await listed(ctx, { tenantId: "t2" })).toEqual(["two's", "for two"]);
  const first = await listWebhooks(ctx, ListWebhooksInput.parse({ limit: 3 }));
  expect(await listed(ctx, { limit: 3, cursor: first.cursor ?? "" })).toEqual(["for two"]);
  for (const asked of [
    () => readWebhook(two, webhookId),
    () => updateWebhook(two, { webhookId, isEnabled: false }),
    () => rotateWebhookSecret(two, { webhookId }),
    () => testWebhook(two, { webhookId }),
    () => deleteWebhook(two, { webhookId }),
  ])
    await expect(asked()).rejects.toMatchObject({ reason: "not-found" });
  await expect(make(one, { tenantId: "t2" })).rejects.toMatchObject({ reason: "forbidden" });
});

test("a tenant's webhook needs TLS and a public address; an administrator of all tenants may use any", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const one = ctx.as(adminOf("t1"));
  for (const url of ["http://hooks.example/", "https://10.0.0.1/", "https://[::1]/", "https://0x7f.1/"]) {
    await expect(make(one, { url })).rejects.toMatchObject({ reason: "invalid-input" });
    await expect(make(ctx, { url, tenantId: "t1" })).rejects.toMatchObject({ reason: "invalid-input" });
  }
  const { id: webhookId } = await make(one);
  await expect(updateWebhook(one, { webhookId, url: "https://127.0.0.1/" })).rejects.toMatchObject({
    reason: "invalid-input",
  });
  expect(await make(ctx, { url: "http://127.0.0.1:9/hook" })).toMatchObject({ url: "http://127.0.0.1:9/hook" });
});

test.each([
  ["ftp://hooks.example/", "an http or https address"],
  ["https://", "an http or https address"],
  ["https://ann:pw@hooks.example/", "must not carry credentials"],
  ["https://ann@hooks.example/", "must not carry credentials"],
  ["https://%zz:x@hooks.example/", "must not carry credentials"],
  // Browsers and Node read these as an address with credentials.
  ["https:///ann:pw@hooks.example/", "an http or https address"],
  ["https:\\\\ann:pw@hooks.example/", "an http or https address"],
  ["https://hooks.example/#part", "must not have a fragment"],
  ["https://hooks.example/a b", "an http or https address"],
])("refuses the address %s", (url, why) => {
  const { error } = CreateWebhookInput.safeParse({ name: "chat", url, events: ["run.failed"] });
  expect(error?.issues[0]?.message).toContain(why);
});

test("webhook filters are lists of unique names, not patterns", () => {
  const parse = (input: object) =>
    CreateWebhookInput.safeParse({ name: "a", url: "https://hooks.example/", events: ["run.failed"], ...input });
  expect(parse({ projectIds: ["b", "a", "b"] }).data).toMatchObject({ projectIds: ["a", "b"], queues: [] });
  for (const name of ["*", " a", "a, b", "", "a\n"]) expect(parse({ queues: [name] }).success, name).toBe(false);
});

test("webhook names are unique per tenant, and their number is limited", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  await make(ctx);
  await expect(make(ctx)).rejects.toMatchObject({ reason: "already-exists" });
  await make(ctx.as(adminOf("t1")));
  for (let made = 1; made < WEBHOOKS_MAX - 1; made += 1) await make(ctx, { name: `chat ${made}` });
  // Two at once for the last place.
  const both = await Promise.allSettled([make(ctx, { name: "last" }), make(ctx, { name: "one more" })]);
  expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
  expect(both.find(({ status }) => status === "rejected")).toMatchObject({ reason: { reason: "limit-reached" } });
});

test("refuses a change with a stale version, and a change without effect keeps the version", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const { id: webhookId } = await make(ctx);
  await make(ctx, { name: "other" });
  const changed = await updateWebhook(ctx, { webhookId, name: "renamed", expectedVersion: 1 });
  expect(changed).toMatchObject({ name: "renamed", version: 2 });
  expect(await updateWebhook(ctx, { webhookId, name: "renamed", events: ["run.failed"] })).toMatchObject({
    version: 2,
  });
  await expect(updateWebhook(ctx, { webhookId, isEnabled: false, expectedVersion: 1 })).rejects.toMatchObject({
    reason: "version-conflict",
    details: { current: { name: "renamed" } },
  });
  await expect(updateWebhook(ctx, { webhookId, name: "other" })).rejects.toMatchObject({ reason: "already-exists" });
  expect(await updateWebhook(ctx, { webhookId, isEnabled: false })).toMatchObject({ isEnabled: false, version: 3 });
  await expect(testWebhook(ctx, { webhookId })).rejects.toMatchObject({ reason: "webhook-disabled" });
  // Enabling it makes a new start, for whatever reason it was disabled.
  await ctx.db.update(webhooks).set({ disabledReason: "nothing arrived", failingSince: new Date(0) });
  expect(await updateWebhook(ctx, { webhookId, isEnabled: true })).toMatchObject({
    ...{ isEnabled: true, disabledReason: null, failingSince: null },
  });
  await testWebhook(ctx, { webhookId });
  expect(await deleteWebhook(ctx, { webhookId })).toEqual({ webhookId });
  await expect(readWebhook(ctx, webhookId)).rejects.toMatchObject({ reason: "not-found" });
});
