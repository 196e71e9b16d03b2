import { randomBytes } from "node:crypto";
import type { CreateTaskInput } from "@/contract/queue";
import { createTask, createTasks } from "@/server/queue";
import { testContext } from "@/server/test/context";
import { startBenchDatabase } from "./database";
import { type Contender, compare, print } from "./measure";
import { PAYLOAD, startPeers } from "./queue-peers";

const BATCH = 1_000;
const CALLERS = 32;

await using database = await startBenchDatabase();
await using ctx = testContext(database, { poolMax: 16 });
await using peers = await startPeers(database, CALLERS);
let count = 0;
const prefix = randomBytes(4).toString("hex");

/** A key that nobody used, of a form that callers use. */
function nextKey(): string {
  count += 1;
  return `order-${prefix}-${count}`;
}

function nextTask(): CreateTaskInput {
  const idempotencyKey = nextKey();
  return { title: "Mend the roof", backendProfile: "codex", payload: PAYLOAD, idempotencyKey };
}

const keys = () => Array.from({ length: BATCH }, nextKey);
const tasks = () => Array.from({ length: BATCH }, nextTask);

async function product(): Promise<void> {
  const { items } = await createTasks(ctx, { tasks: tasks() });
  const refused = items.find((item) => "error" in item);
  if (refused) throw new Error(`a task was refused: ${JSON.stringify(refused)}`);
}

/** The same, where nothing is counted. */
async function uncounted(): Promise<void> {
  await peers.pool.query("alter table agentrun_queue_tasks disable trigger agentrun_queue_tasks_count_added");
  await product();
  await peers.pool.query("alter table agentrun_queue_tasks enable trigger agentrun_queue_tasks_count_added");
}

const single = (name: string, callers: number, once: Contender["once"]) => ({ name, callers, unitsPerCall: 1, once });
const batch = (name: string, once: Contender["once"]) => ({ name, callers: 1, unitsPerCall: BATCH, once });
const parts = process.argv.slice(2);
const isAsked = (part: string) => parts.length === 0 || parts.includes(part);

for (const callers of isAsked("single") ? [CALLERS, 1] : []) {
  print(
    `one task a call, with key, ${callers} callers`,
    await compare([
      single("graphile-worker addJob", callers, () => peers.graphileOne(nextKey())),
      single("pg-boss send", callers, () => peers.bossOne(nextKey())),
      single("v0.1's way", callers, () => peers.oldOne(nextKey())),
      single("AgentRun", callers, () => createTask(ctx, nextTask())),
    ]),
    "graphile-worker addJob",
  );
}
if (isAsked("batch")) {
  print(
    `batches of ${BATCH}, with key, one caller`,
    await compare([
      batch("graphile-worker add_jobs", () => peers.graphileMany(keys())),
      batch("pg-boss insert", () => peers.bossMany(BATCH)),
      batch("AgentRun", product),
    ]),
    "graphile-worker add_jobs",
  );
}
if (isAsked("counters")) {
  print(
    `what counting costs batches of ${BATCH}`,
    await compare([batch("AgentRun, not counted", uncounted), batch("AgentRun", product)]),
    "AgentRun, not counted",
  );
}
