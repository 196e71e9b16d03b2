import type { UsageSummary } from "@/contract/usage";

const HEADER = [
  ...["day", "group", "title", "calls", "ok", "failed", "refused", "aborted"],
  ...["input_tokens", "cached_input_tokens", "output_tokens", "reasoning_tokens", "unpriced_calls", "currency", "cost"],
];
const MICROS_DIGITS = 6;

/**
 * Sums as a table for a spreadsheet, one line for each day and group. Of a group with several currencies each has a
 * line of its own; all but the first leave its counts empty, so that a column can be added up.
 */
export function usageCsv({ items }: Pick<UsageSummary, "items">): string {
  const lines = items.flatMap(({ group, title, day, usage }) => {
    const named = [day ?? "", group, title ?? ""];
    const counts = [
      ...[usage.calls, usage.ok, usage.failed, usage.refused, usage.aborted],
      ...[usage.inputTokens, usage.cachedInputTokens, usage.outputTokens, usage.reasoningTokens, usage.unpricedCalls],
    ];
    const [first, ...others] = usage.costs.map((cost) => [cost.currency, decimal(cost.costMicros)]);
    const noCounts = counts.map(() => "");
    return [[...named, ...counts, ...(first ?? ["", ""])], ...others.map((cost) => [...named, ...noCounts, ...cost])];
  });
  return [HEADER, ...lines].map((line) => `${line.map(cellOf).join(",")}\r\n`).join("");
}

/** Millionths as a decimal, exact. */
function decimal(micros: number): string {
  const digits = String(micros).padStart(MICROS_DIGITS + 1, "0");
  return `${digits.slice(0, -MICROS_DIGITS)}.${digits.slice(-MICROS_DIGITS)}`;
}

/** A spreadsheet would compute what begins like a formula: a quote before it keeps it text. */
function cellOf(value: string | number): string {
  if (typeof value === "number") return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
