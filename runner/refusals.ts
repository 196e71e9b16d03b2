import { allowsNetwork, type ExecutionPolicy } from "@/contract/run";
import type { CommandCall } from "./rollout-calls";

type Cause = { test: RegExp; why: string };

const SAMPLE_MAX = 200;
/** In the order of the search: a sandbox that cannot be made also causes other messages. */
const CAUSES: Cause[] = [
  { test: /\bbwrap: |create a new namespace/i, why: "codex's sandbox cannot be made on this machine" },
  { test: /read-only file system|\bEROFS\b|blocked by read-only sandbox/i, why: "what they write to is read-only" },
  { test: /permission denied|operation not permitted|\bEACCES\b|\bEPERM\b/i, why: "they may not do that" },
  { test: /rejected/i, why: "the run's policy refused them" },
];
const NO_NETWORK: Cause = {
  test: /network is unreachable|could not resolve|name resolution|couldn't connect|connection timed out|\b(ENETUNREACH|EAI_AGAIN|ENOTFOUND|ETIMEDOUT)\b/i,
  why: "the run's policy lets them reach no network (network)",
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
  const found = calls.map((call) => causeOf(call, policy));
  if (!first || found.some((cause) => cause === undefined)) return null;
  const whys = [...new Set(found.map((cause) => cause?.why))].join("; ");
  const lines = first.output.trim().split("\n");
  const sample = (lines.find((line) => found[0]?.test.test(line)) ?? lines[0] ?? "").trim().slice(0, SAMPLE_MAX);
  const count =
    calls.length === 1 ? "The only command of this turn was" : `All ${calls.length} commands of this turn were`;
  return `${count} refused, so nothing of what they should do was done: ${whys}. The first said: ${sample}. Look at the run's executionPolicy (sandbox ${policy.sandbox ?? "workspace-write"}, network ${policy.network === true}).`;
}

function causeOf(call: CommandCall, policy: Pick<ExecutionPolicy, "sandbox" | "network">): Cause | undefined {
  if (call.exitCode === 0) return undefined;
  return [...CAUSES, ...(allowsNetwork(policy) ? [] : [NO_NETWORK])].find(({ test }) => test.test(call.output));
}
