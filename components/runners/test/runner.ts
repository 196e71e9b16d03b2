import type { Runner } from "@/contract/runner";

type RunOf = NonNullable<Runner["run"]>;

/** A run that a runner holds, with nothing asked of it. */
export function run(more: Partial<RunOf> = {}): RunOf {
  return {
    ...{ status: "claimed", title: "Tidy up", sessionId: "ses_1", projectId: "default", isHeld: true },
    ...{ leaseState: "held", leaseEpoch: 1, attemptCount: 1, attemptMax: 3, nextAttemptAt: null, onLost: "ask" },
    turns: { running: 0, waiting: 0 },
    ...more,
  } as RunOf;
}

/** An idle runner that was started here, of the run above. */
export function runner(more: Partial<Runner> = {}): Runner {
  return {
    ...{ id: "runner_1", runId: "run_1", attemptId: "att_1", backendProfile: "demo", placement: "desk" },
    ...{ sourceCommit: null, metadata: {}, registeredAt: "2026-11-26T10:00:00Z", heartbeatAt: "2026-11-26T10:00:00Z" },
    ...{ tenantId: "default", state: "idle", beatMs: 5_000, beats: { count: 0, gapsMs: [], tripsMs: [] } },
    ...{ cpuPercent: null, rssBytes: null, protocolVersion: 2, skew: null, leaseEpoch: 1 },
    ...{ leaseExpiresAt: "2026-11-26T10:00:20Z", drain: null, kill: null, endedAt: null, endKind: null },
    ...{ endMessage: null, run: run(), job: { id: "rjob_1", namespace: "local", jobName: "j", state: "running" } },
    refusals: { drain: null, resume: "It is not being drained.", revoke: null, kill: null },
    ...more,
  } as Runner;
}
