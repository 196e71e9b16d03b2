import { expect } from "vitest";
import { openRunnerSetup } from "@/server/test/runner-place";
import { type RecordedCall, startRecorder } from "./recorder";
import { makeStandIn } from "./stand-in";

/** A recorded attempt: the ids in its calls, and the calls in order. */
export type RecordedAttempt = { ids: Record<string, string>; calls: RecordedCall[] };
export type Recording = { protocol: number; attempts: RecordedAttempt[] };

export const SESSION = "ses_protocol";
export const TEXTS = ["RUN `echo kept > kept.txt`", "hello"] as const;
export const ASKING = { approval: "untrusted", idleTimeoutMs: 100 };
/** Short, so that a heartbeat falls into a turn. */
const QUICK = { AGENTRUN_LEASE_MS: "2000" };
const STAYING = { idleTimeoutMs: 60_000 };

/**
 * Records what a runner of its release asks of a server in two attempts: first a turn with an approval, its archive and
 * the end of the run; then a restored volume, a turn, and the release of the run.
 */
export async function recordRunner(bundle: string, protocol: number): Promise<Recording> {
  await using place = await openRunnerSetup(bundle);
  const codex = makeStandIn(place.root);
  const attempts: RecordedAttempt[] = [];
  for (const [index, text] of TEXTS.entries()) {
    await using recorder = await startRecorder(place.url);
    const isFirst = index === 0;
    const attempt = await place.launch(SESSION, text, { executionPolicy: isFirst ? ASKING : STAYING });
    const running = attempt.start({ ...QUICK, AGENTRUN_URL: recorder.url, AGENTRUN_CODEX_PATH: codex });
    let decision: string | null = null;
    if (isFirst) {
      const pending = () => place.ok("GET", `/approvals?runId=${attempt.runId}`);
      await expect.poll(async () => (await pending()).items.length, { timeout: 20_000 }).toBe(1);
      const [{ id }] = (await pending()).items;
      decision = id;
      await place.ok("POST", `/approvals/${id}/decide`, { decision: "accept" });
    } else {
      const state = async () => (await place.ok("GET", `/commands/${attempt.turnId}`)).state;
      await expect.poll(state, { timeout: 20_000 }).toBe("completed");
      await expect.poll(() => recorder.calls.some(({ call }) => call.endsWith("archive.commit"))).toBe(true);
      running.terminate();
    }
    const { code, output } = await running.ended;
    expect(code, output).toBe(0);
    await attempt.gone();
    const { items } = await place.ok("GET", `/runs/${attempt.runId}/commands`);
    const approve = items.find(({ type }: { type: string }) => type === "approve");
    const { runId, runnerId, attemptId, turnId } = attempt;
    const ids = {
      runId,
      runnerId,
      attemptId,
      turnId,
      ...(approve ? { approveId: approve.id, approvalId: decision ?? "" } : {}),
    };
    attempts.push({ ids, calls: recorder.calls });
    if (!isFirst) continue;
    await place.ok("DELETE", `/sessions/${SESSION}/storage`);
    await place.ok("POST", `/sessions/${SESSION}/storage/restore`);
  }
  return { protocol, attempts };
}
