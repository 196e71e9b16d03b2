import { makeRun } from "@/db/test/factories";
import { testContext } from "@/server/test/context";
import { startBenchDatabase } from "./database";
import { type Contender, compare, print } from "./measure";
import { closeRequests, mutate } from "./requests";
import { startNext, startWeb } from "./web";

// Events over the real API: the product's own path, the same router under Next's route handlers, and the store alone.
// Client, server and database share this machine's cores.
const CALLERS = 32;
const PAYLOAD = { itemId: "item_0123456789", turnId: "turn_0123456789", text: "x".repeat(230), isTruncated: false };
const NEXT = "the same router under a Next route handler";
const STORE = "the store alone, batches of 20";

await using database = await startBenchDatabase();
await using ctx = testContext(database, { poolMax: 16 });
const runIds: string[] = [];
for (let index = 0; index < CALLERS; index += 1) runIds.push((await makeRun(ctx.database.db)).id);
const runOf = (caller: number) => runIds[caller % CALLERS] ?? "";
const eventsOf = (count: number) =>
  Array.from({ length: count }, () => ({ type: "assistant_message" as const, payload: PAYLOAD }));

await using web = await startWeb(database.url);
await using next = await startNext(database.url);
const over = (name: string, url: string, count: number): Contender => ({
  name,
  callers: CALLERS,
  unitsPerCall: count,
  once: (caller) => mutate(url, "events.append", { runId: runOf(caller), events: eventsOf(count) }),
});

// A build without the route handlers has nothing to compare with.
const hasRouteHandlers = await mutate(next.url, "events.append", { runId: runOf(0), events: eventsOf(1) }).then(
  () => true,
  (error: unknown) => {
    console.log(`Next does not serve the router in this build: ${String(error).slice(0, 80)}`);
    return false;
  },
);
const overNext = (count: number) => (hasRouteHandlers ? [over(NEXT, next.url, count)] : []);

print("one event a request", await compare([...overNext(1), over("AgentRun over HTTP", web.url, 1)]), NEXT);
print(
  "20 events a request",
  await compare([
    ...overNext(20),
    over("AgentRun over HTTP", web.url, 20),
    {
      name: STORE,
      callers: CALLERS,
      unitsPerCall: 20,
      once: (caller) => ctx.append({ runId: runOf(caller), leaseEpoch: null, events: eventsOf(20) }),
    },
  ]),
  STORE,
);
closeRequests();
