import { expect, test } from "vitest";
import { createTestDatabase } from "@/db/test/database";
import { decideApproval, requestApproval } from "@/server/approvals";
import { ackCommand, cancelCommand, createCommand, finishCommand } from "@/server/commands";
import { launchRunnerJob, registerRunner } from "@/server/runners";
import { claimRun, createRun, finishRun, heartbeatRun, releaseRun } from "@/server/runs";
import { runnerActor, tenantOperator, testContext } from "@/server/test/context";

test("every mutation in a run's life writes an audit row with actor, action and tenant", async () => {
  await using database = await createTestDatabase();
  await using ctx = testContext(database);
  const operator = ctx.as(tenantOperator("t1"));
  const sessionRef = { sessionId: "ses_audit" };
  const { id: runId } = await createRun(operator, { backendProfile: "codex", sessionRef });
  const turn = await createCommand(operator, { runId, type: "turn", payload: { text: "go" } });
  const job = await launchRunnerJob(operator, { runId });
  const { leaseEpoch } = await claimRun(operator, { runId, runnerId: "runner_a" });
  const runner = ctx.as(runnerActor(runId, leaseEpoch, "t1"));
  await registerRunner(runner, { id: "runner_a" });
  await heartbeatRun(runner, { runId, runnerId: "runner_a", leaseEpoch });
  await ackCommand(runner, { commandId: turn.id, leaseEpoch });
  const ask = { runId, leaseEpoch, requestKey: "req-1", kind: "command" as const };
  const { approvalId } = await requestApproval(runner, ask);
  await requestApproval(runner, ask);
  const { commandId } = await decideApproval(operator, { approvalId, decision: "accept" });
  await cancelCommand(operator, { commandId: commandId ?? "" });
  await finishCommand(runner, { commandId: turn.id, leaseEpoch, terminalStatus: "completed" });
  await releaseRun(runner, { runId, leaseEpoch });
  await finishRun(operator, { runId, terminalStatus: "completed" });

  const { rows } = await ctx.pool.query(
    "select actor, action, target_id, tenant_id from agentrun_audit order by at, id",
  );
  const [byOperator, byRunner] = ["operator:of t1", `runner:${runId}`];
  expect(rows.map((row) => [row.actor, row.action, row.target_id])).toEqual([
    [byOperator, "sessions.create", "ses_audit"],
    [byOperator, "runs.create", runId],
    [byOperator, "commands.create", turn.id],
    [byOperator, "runnerJobs.launch", job.id],
    [byOperator, "runs.claim", runId],
    [byRunner, "runners.register", "runner_a"],
    [byRunner, "approvals.request", approvalId],
    [byOperator, "commands.create", commandId],
    [byOperator, "commands.cancel", commandId],
    [byOperator, "approvals.withdraw", approvalId],
    [byRunner, "runs.release", runId],
    [byOperator, "runs.finish", runId],
  ]);
  expect(new Set(rows.map((row) => row.tenant_id))).toEqual(new Set(["t1"]));
});
