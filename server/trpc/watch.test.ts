import { createTRPCClient, httpLink, httpSubscriptionLink, splitLink } from "@trpc/client";
import { EventSource } from "eventsource";
import { expect, test } from "vitest";
import type { Command } from "@/contract/command";
import { createTestDatabase } from "@/db/test/database";
import { makeRun } from "@/db/test/factories";
import { createCommand } from "@/server/commands";
import { cancelRun } from "@/server/runs";
import { ADMIN } from "@/server/test/context";
import { ADMIN_TOKEN, startTestWeb, type TestWeb } from "@/server/test/web";
import type { AppRouter } from "./types";

function clientOf(url: string) {
  const authorized: typeof fetch = (input, init) => {
    const headers = new Headers(init?.headers);
    headers.set("authorization", `Bearer ${ADMIN_TOKEN}`);
    return fetch(input, { ...init, headers });
  };
  return createTRPCClient<AppRouter>({
    links: [
      splitLink({
        condition: (operation) => operation.type === "subscription",
        true: httpSubscriptionLink({
          url: `${url}/api/trpc`,
          EventSource,
          eventSourceOptions: () => ({ fetch: authorized as typeof globalThis.fetch }),
        }),
        false: httpLink({ url: `${url}/api/trpc`, fetch: authorized as never }),
      }),
    ],
  });
}

const turn = (web: TestWeb, runId: string, text: string) =>
  createCommand(web.as(ADMIN), { runId, type: "turn", payload: { text } });

test("a subscription resumes after a server crash without loss or duplicates", async () => {
  await using database = await createTestDatabase();
  const first = await startTestWeb(database);
  const run = await makeRun(first.wiring.database.db);
  const seen: number[] = [];
  const subscription = clientOf(first.url).commands.watch.subscribe(
    { runId: run.id },
    { onData: ({ data }) => seen.push((data as Command).seq) },
  );
  await turn(first, run.id, "one");
  await turn(first, run.id, "two");
  await expect.poll(() => seen).toEqual([1, 2]);
  await first.crash();

  await using second = await startTestWeb(database, { port: first.port });
  await turn(second, run.id, "three");
  await expect.poll(() => seen, { timeout: 15_000 }).toEqual([1, 2, 3]);
  subscription.unsubscribe();
  await expect.poll(() => second.wiring.live.streams.count).toBe(0);
});

test("a run's subscription delivers its last event and ends", async () => {
  await using database = await createTestDatabase();
  await using web = await startTestWeb(database);
  const run = await makeRun(web.wiring.database.db);
  const types: string[] = [];
  let hasEnded = false;
  clientOf(web.url).events.watch.subscribe(
    { runId: run.id },
    {
      onData: ({ data }) => types.push(data.type),
      onComplete: () => {
        hasEnded = true;
      },
    },
  );
  await expect.poll(() => web.wiring.live.streams.count).toBe(1);
  await turn(web, run.id, "one");
  await cancelRun(web.as(ADMIN), { runId: run.id });
  await expect.poll(() => types.at(-1)).toBe("terminal_status");
  await expect.poll(() => hasEnded).toBe(true);
  expect(web.wiring.live.streams.count).toBe(0);
});

test("a subscription that is refused reports its error once and does not retry", async () => {
  await using database = await createTestDatabase();
  await using web = await startTestWeb(database);
  const errors: unknown[] = [];
  const client = clientOf(web.url);
  const onError = (error: unknown) => void errors.push(error);
  client.events.watch.subscribe({ runId: "run_nope" }, { onError });
  client.commands.watch.subscribe({ runId: "run_nope" }, { onError });
  await expect.poll(() => errors.length).toBe(2);
  for (const error of errors)
    expect(error).toMatchObject({
      shape: { code: -32_004 },
      data: { code: "NOT_FOUND", httpStatus: 404, agentrun: { reason: "not-found", failureKind: "schema-invalid" } },
    });
  expect(web.wiring.live.streams.count).toBe(0);
});
