import { allowsNetwork, type ExecutionPolicy } from "@/contract/run";
import type { CommandCall } from "./rollout-calls";

type RefusalCause = { test: RegExp; reason: string };

const SAMPLE_MAX = 200;
/** In the order of the search: a sandbox that cannot be made also causes other messages. */
const CAUSES: RefusalCause[] = [
  { test: /\bbwrap: |create a new namespace/i, reason: "codex's sandbox cannot be made on this machine" },
  { test: /read-only file system|\bEROFS\b|blocked by read-only sandbox/i, reason: "what they write to is read-only" },
  { test: /permission denied|operation not permitted|\bEACCES\b|\bEPERM\b/i, reason: "they may not do that" },
  { test: /rejected/i, reason: "the run's policy refused them" },
];
const NO_NETWORK: RefusalCause = {
  test: /network is unreachable|could not resolve|name resolution|couldn't connect|connection timed out|\b(ENETUNREACH|EAI_AGAIN|ENOTFOUND|ETIMEDOUT)\b/i,
  reason: "the run's policy lets them reach no network (network)",
};

/**
 * Returns a warning for a turn in which every command was refused by the sandbox or policy; codex still reports such a
 * turn as completed. null when a command got through or failed for a reason of its own, or there was no command.
 */
export function describeRefusals(
  calls: CommandCall[],
  policy: Pick<ExecutionPolicy, "sandbox" | "network">,
): string | null {
  const [first] = calls;
  const causes = calls.map((call) => findCause(call, policy));
  if (!first || causes.some((cause) => cause === undefined)) return null;
  const reasons = [...new Set(causes.map((cause) => cause?.reason))].join("; ");
  const lines = first.output.trim().split("\n");
  const sample = (lines.find((line) => causes[0]?.test.test(line)) ?? lines[0] ?? "").trim().slice(0, SAMPLE_MAX);
  const count =
    calls.length === 1 ? "The only command of this turn was" : `All ${calls.length} commands of this turn were`;
  return `${count} refused, so nothing of what they should do was done: ${reasons}. The first said: ${sample}. Look at the run's executionPolicy (sandbox ${policy.sandbox ?? "workspace-write"}, network ${policy.network === true}).`;
}

function findCause(call: CommandCall, policy: Pick<ExecutionPolicy, "sandbox" | "network">): RefusalCause | undefined {
  if (call.exitCode === 0) return undefined;
  return [...CAUSES, ...(allowsNetwork(policy) ? [] : [NO_NETWORK])].find(({ test }) => test.test(call.output));
}
