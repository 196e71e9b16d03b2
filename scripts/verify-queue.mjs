// Counts the queue's tasks and compares them with the counters that stats and limits are shown by, of one moment.
// Usage: AGENTRUN_TOKEN=... node scripts/verify-queue.mjs [URL]
import process from "node:process";

const [url = process.env.AGENTRUN_URL ?? "http://127.0.0.1:3000"] = process.argv.slice(2);
const token = process.env.AGENTRUN_TOKEN ?? process.env.AGENTRUN_ADMIN_TOKEN;
if (!token) {
  console.error("AGENTRUN_TOKEN: an administrator's token is needed");
  process.exit(2);
}
const answer = await fetch(new URL("/api/v1/queue/verify", url), { headers: { authorization: `Bearer ${token}` } });
const body = await answer.json();
if (!answer.ok) {
  console.error(`${url} answered ${answer.status}: ${body.error?.message ?? JSON.stringify(body)}`);
  process.exit(2);
}
for (const { tenantId, projectId, queue, lane, backendProfile, state, counted, inTable } of body.differences) {
  const place = [tenantId, projectId, queue, lane, backendProfile, state].join(" / ");
  console.log(`${place}: the counters say ${counted}, the table ${inTable}`);
}
console.log(`${body.tasks} tasks of ${body.kinds} kinds, ${body.differing} kinds counted wrong`);
process.exitCode = body.isEqual ? 0 : 1;
