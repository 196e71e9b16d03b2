import { expect, test } from "vitest";
import { createTestStore } from "@/server/storage/test/context";
import { createSession } from ".";

test("an id returns its session also when the profile that it names has gone", async () => {
  await using store = await createTestStore();
  const ctx = store.as();
  const lab = { lab: { model: "m", baseUrl: "https://lab.example", wire: "responses" as const } };
  const input = { sessionId: "s1", backendProfile: "lab" };
  const first = await createSession({ ...ctx, settings: { ...ctx.settings, backends: lab } }, input);
  expect(await createSession(ctx, input)).toEqual(first);
  await expect(createSession(ctx, { ...input, title: "Other" })).rejects.toMatchObject({
    reason: "idempotency-conflict",
  });
  await expect(createSession(ctx, { ...input, sessionId: "s2" })).rejects.toMatchObject({ reason: "invalid-input" });
});
