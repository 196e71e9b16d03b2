import type { AttemptDetails, AttemptLog } from "@/contract/run-job";
import { createCommand } from "@/server/commands";
import type { ServiceContext } from "@/server/context";
import type {
  AttemptEnding,
  AttemptExit,
  Executor,
  LaunchSpec,
  LogRequest,
  Observation,
  Started,
} from "@/server/executors";
import { createRun } from "@/server/runs";

/**
 * An executor whose processes are only names, so that each of its possible answers can be tried. The real executors
 * have their own tests.
 */
export class StubExecutor implements Executor {
  readonly launchArchiver = null;
  readonly launched: LaunchSpec[] = [];
  readonly ended: string[] = [];
  endAnswer: AttemptEnding = "gone";
  observation: Observation = "running";
  /** If set, ending an attempt waits for it. */
  slowEnds: Promise<void> | null = null;
  failure: Error | null = null;
  failureOf: (spec: LaunchSpec) => Error | null = () => null;
  /** How often a launch was requested. */
  asked = 0;
  launch(spec: LaunchSpec): Promise<void> {
    this.asked += 1;
    const failure = this.failure ?? this.failureOf(spec);
    if (failure) return Promise.reject(failure);
    this.launched.push(spec);
    return Promise.resolve();
  }
  end(attemptId: string): Promise<AttemptEnding> {
    this.ended.push(attemptId);
    const { slowEnds, endAnswer } = this;
    return slowEnds ? slowEnds.then(() => endAnswer) : Promise.resolve(endAnswer);
  }
  observe(): Promise<Observation> {
    return Promise.resolve(this.observation);
  }
  /** Processes that run besides the launched ones, each with a uid of its own. */
  strays: Started[] = [];
  readonly endedUids: string[] = [];
  async *list(): AsyncGenerator<Started[]> {
    const running = this.observation === "running" ? this.launched : [];
    yield [
      ...running.map(({ attemptId }) => ({ attemptId, uid: attemptId, name: attemptId, isEnding: false })),
      ...this.strays,
    ];
  }
  endStarted(started: Started): Promise<AttemptEnding> {
    this.endedUids.push(started.uid);
    return Promise.resolve(this.endAnswer);
  }
  onExit(_listener: (exit: AttemptExit) => void): () => void {
    return () => {};
  }
  /** What it reports for every attempt. */
  details: AttemptDetails | null = null;
  logs: AttemptLog | null = null;
  inspect(_attemptId: string): Promise<AttemptDetails | null> {
    return this.failure ? Promise.reject(this.failure) : Promise.resolve(this.details);
  }
  readLog(_attemptId: string, _ask: LogRequest): Promise<AttemptLog | null> {
    return this.failure ? Promise.reject(this.failure) : Promise.resolve(this.logs);
  }
  onRemains(): () => void {
    return () => {};
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** Makes a run of a session, with a waiting turn. */
export async function runWithTurn(
  ctx: ServiceContext,
  sessionId: string,
  policy = {},
): Promise<{ runId: string; commandId: string }> {
  const run = await createRun(ctx, { backendProfile: "codex", sessionRef: { sessionId }, executionPolicy: policy });
  const command = await createCommand(ctx, { runId: run.id, type: "turn", payload: { text: "go" } });
  return { runId: run.id, commandId: command.id };
}

/** Makes every start that waits for its next try due now. */
export async function dueNow(ctx: Pick<ServiceContext, "pool">): Promise<void> {
  await ctx.pool.query(
    `update agentrun_runner_jobs set result = jsonb_set(result, '{wait,nextTryAt}', to_jsonb(now())) where result ? 'wait'`,
  );
}
