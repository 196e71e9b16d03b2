import { countLines } from "@/components/changes/fold-changes";
import { explainSession } from "@/components/sessions/session-state";
import { formatBytes, formatDuration, formatMoney, formatPlural, formatTokens, sentence } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";
import { callsWords, costWords, inputWords, outputWords, tokensOf } from "@/components/usage/words";
import { failureWords } from "@/contract/failure-words";
import { type Both, moreWords, type SideName, type Sums, sumTurns } from "./pairs";
import type { Side } from "./use-side";

/** A fact in words; and an amount, where it has one that can be compared with another of its unit. */
type ComparedFact = { text: string; amount?: number | null; unit?: string };
/** What is said of amounts that are much the same. */
export const ALIKE = "about the same";
export type Fact = { name: string } & Both<string> & { difference: string | null };

/** What of a session's log was not read makes its counts the least that they are. */
function isPart({ read, hasMoreRuns }: Side): boolean {
  return hasMoreRuns || read.readCount < read.eventCount;
}

/** What each of the two is and took, beside each other. */
export function factsOf(sides: Both<Side>, nowMs: number): Fact[] {
  const totals = { left: sumTurns(sides.left.read.turns, nowMs), right: sumTurns(sides.right.read.turns, nowMs) };
  const fact = (name: string, factOf: (side: Side, sum: Sums) => ComparedFact): Fact => {
    const of = (side: SideName) => factOf(sides[side], totals[side]);
    const [left, right] = [of("left"), of("right")];
    return { name, left: left.text, right: right.text, difference: differenceOf(left, right) };
  };
  const countFact = (name: string, count: (sum: Sums) => number, textOf: (sum: Sums) => string) =>
    fact(name, (side, sum) => ({ text: `${isPart(side) ? "at least " : ""}${textOf(sum)}`, amount: count(sum) }));
  return [
    fact("State", ({ session, openRun }) => {
      const { word } = explainSession(session, openRun);
      return {
        text:
          session.failureKind === null || session.failureKind === session.terminalStatus
            ? word
            : `${word} (${failureWords(session.failureKind)})`,
      };
    }),
    fact("Profile", ({ session }) => ({ text: session.backendProfile })),
    fact("Model", (side) => ({ text: revealHidden(modelOf(side)) })),
    fact("Policy", ({ lastRun }) => ({
      text:
        lastRun === null
          ? "No runs yet"
          : revealHidden(
              `${lastRun.executionPolicy.sandbox ?? "workspace-write"}, approvals ${lastRun.executionPolicy.approval ?? "on-request"}`,
            ),
    })),
    ...usageFacts(fact),
    countFact(
      "Time in turns",
      (sum) => sum.workedMs,
      (sum) => formatDuration(sum.workedMs),
    ),
    countFact(
      "Total time",
      (sum) => sum.wholeMs,
      (sum) => formatDuration(sum.wholeMs),
    ),
    countFact(
      "Turns",
      (sum) => sum.turns,
      (sum) => withFailed(String(sum.turns), sum.failedTurns),
    ),
    countFact(
      "Tool calls",
      (sum) => sum.toolCalls,
      (sum) => withFailed(sum.toolCalls.toLocaleString("en"), sum.failedCalls),
    ),
    fact("Non-zero exit codes", (_, sum) => ({ text: exitWords(sum.exitCodes) })),
    countFact(
      "Errors",
      (sum) => sum.errors,
      (sum) => String(sum.errors),
    ),
    fact("Changed files", ({ files, areFilesCut, areFilesPending }) => {
      if (areFilesPending) return { text: "…" };
      const { added, removed } = countLines(files);
      const text = files.length === 0 ? "None" : `${formatPlural(files.length, "file")}, +${added} −${removed}`;
      return { text: areFilesCut ? `at least ${text}` : text, amount: files.length };
    }),
    fact("Storage", ({ session }) => {
      const { storageState, storageSizeBytes, storageFilesCount } = session;
      const size = storageSizeBytes === null ? "" : `, ${formatBytes(storageSizeBytes)}`;
      const count = storageFilesCount === null ? "" : `, ${formatPlural(storageFilesCount, "file")}`;
      return { text: `${sentence(storageState)}${size}${count}`, amount: storageSizeBytes };
    }),
    fact("Runs", ({ runCount, hasMoreRuns }) => ({
      text: `${runCount}${hasMoreRuns ? " or more" : ""}`,
      amount: runCount,
    })),
  ];
}

type MakeFact = (name: string, factOf: (side: Side, sum: Sums) => ComparedFact) => Fact;

function usageFacts(fact: MakeFact): Fact[] {
  return [
    fact("Tokens", ({ usage }) => ({
      text:
        usage === undefined
          ? "…"
          : `${formatTokens(tokensOf(usage.total))}: in ${inputWords(usage.total)}; out ${outputWords(usage.total)}`,
      amount: usage === undefined ? null : tokensOf(usage.total),
    })),
    fact("Cost", ({ usage }) => {
      const [cost, ...others] = usage?.total.costs ?? [];
      if (usage === undefined || cost === undefined) return { text: usage === undefined ? "…" : "No price set" };
      // Money of several currencies has no sum.
      if (others.length > 0) return { text: costWords(usage.total) ?? "" };
      return { text: formatMoney(cost.costMicros, cost.currency), amount: cost.costMicros, unit: cost.currency };
    }),
    fact("Model calls", ({ usage }) => ({
      text: usage === undefined ? "…" : callsWords(usage.total),
      amount: usage?.total.calls ?? null,
    })),
  ];
}

function differenceOf(left: ComparedFact, right: ComparedFact): string | null {
  if (left.text === right.text) return null;
  const [leftAmount, rightAmount] = [left.amount, right.amount];
  // The same amount of something else, such as as many commands of which more failed.
  if (
    typeof leftAmount !== "number" ||
    typeof rightAmount !== "number" ||
    left.unit !== right.unit ||
    leftAmount === rightAmount
  )
    return "different";
  return moreWords({ left: leftAmount, right: rightAmount }) ?? ALIKE;
}

function modelOf({ usage, lastRun }: Side): string {
  const used = [...new Set(usage?.models.map(({ model }) => model) ?? [])];
  if (used.length > 0) return used.join(", ");
  const requestedModel = lastRun?.executionPolicy.model;
  return typeof requestedModel === "string" ? requestedModel : "None yet";
}

function withFailed(words: string, failed: number): string {
  return failed === 0 ? words : `${words}, ${failed.toLocaleString("en")} failed`;
}

export function exitWords(codes: ReadonlyMap<number, number>): string {
  return codes.size === 0 ? "None" : [...codes].map(([code, count]) => `${code} (${count}×)`).join(", ");
}
