import { sql } from "drizzle-orm";
import type { Db } from "@/db/client";
import {
  type CommandRow,
  commands,
  conversationTexts,
  leases,
  type ModelCallRow,
  type RunRow,
  runs,
  type SessionRow,
  sessions,
} from "@/db/schema";

let counter = 0;
/** Returns a word that no other test of this process uses. */
export function unique(prefix: string): string {
  counter += 1;
  return `${prefix}${process.pid.toString(36)}_${counter}`;
}

export async function makeSession(db: Db, values: Partial<typeof sessions.$inferInsert> = {}): Promise<SessionRow> {
  return single(
    await db
      .insert(sessions)
      .values({
        sessionId: unique("ses_test"),
        tenantId: "default",
        projectId: "default",
        backendProfile: "codex",
        storageKind: "pvc",
        storageState: "live",
        ...values,
      })
      .returning(),
  );
}

export async function makeRun(db: Db, values: Partial<typeof runs.$inferInsert> = {}): Promise<RunRow> {
  const { sessionId } = values;
  return single(
    await db
      .insert(runs)
      .values({
        id: unique("run_test"),
        tenantId: "default",
        projectId: "default",
        providerId: "default",
        backendProfile: "codex",
        workspaceRef: { kind: "empty" },
        executionPolicy: {},
        status: "pending",
        sessionRef: sessionId ? { sessionId } : null,
        ...values,
      })
      .returning(),
  );
}

export async function makeCommand(
  db: Db,
  runId: string,
  values: Partial<typeof commands.$inferInsert> = {},
): Promise<CommandRow> {
  const [counter] = await db
    .update(runs)
    .set({ lastCommandSeq: sql`${runs.lastCommandSeq} + 1` })
    .where(sql`${runs.id} = ${runId}`)
    .returning({ seq: runs.lastCommandSeq });
  return single(
    await db
      .insert(commands)
      .values({
        id: unique("cmd_test"),
        runId,
        seq: counter?.seq ?? 1,
        type: "turn",
        payload: { text: "hello" },
        payloadHash: "of a test",
        state: "pending",
        ...values,
      })
      .returning(),
  );
}

/** Makes a message of a run's agent, as the search of conversations finds it. */
export async function makeMessage(db: Db, run: RunRow, text: string): Promise<void> {
  const { id: runId, tenantId, projectId, sessionId } = run;
  const seq = (await db.$count(conversationTexts, sql`${conversationTexts.runId} = ${runId}`)) + 1;
  const owner = { runId, seq, tenantId, projectId, sessionId: sessionId ?? "none" };
  await db.insert(conversationTexts).values({ ...owner, speaker: "agent", at: new Date(), text });
}

/** Makes a completely answered call of a run, to be stored. */
export function makeModelCall(run: RunRow, values: Partial<ModelCallRow> = {}): ModelCallRow {
  const { tenantId, projectId, sessionId, taskId, backendProfile } = run;
  return {
    ...{ id: unique("mc_test"), tenantId, projectId, runId: run.id, sessionId, taskId, backendProfile, model: "m1" },
    ...{ startedAt: new Date(), firstByteMs: 5, durationMs: 9, outcome: "ok", failureKind: null, reason: null },
    ...{ httpStatus: 200, inputTokens: 100, cachedInputTokens: 40, outputTokens: 10, reasoningTokens: 4 },
    ...{ costMicros: 7, currency: "USD" },
    ...values,
  };
}

/** Moves a lease into the past, as if its time had run out, so that no test waits for a clock. */
export async function expireLease(db: Db, runId: string): Promise<void> {
  await db
    .update(leases)
    .set({ leaseExpiresAt: sql`clock_timestamp() - interval '1 second'` })
    .where(sql`${leases.runId} = ${runId}`);
}

function single<Row>(rows: Row[]): Row {
  const [row] = rows;
  if (row === undefined) throw new Error("nothing was inserted");
  return row;
}
