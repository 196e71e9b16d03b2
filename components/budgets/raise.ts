import type { BudgetPeriod } from "@/contract/budget";
import { BUDGET_TOKENS } from "@/contract/words";

/** What a limit is often raised by, in percent of itself. */
const STEPS = [
  { name: "+10%", percent: 110 },
  { name: "+25%", percent: 125 },
  { name: "+50%", percent: 150 },
  { name: "Double", percent: 200 },
] as const;

export type RaiseChoice = { name: string; limit: number };

/** What may be chosen at a press, each more than what is spent already: less would hold on. */
export function raiseChoices(unit: string, { spent, limit }: Pick<BudgetPeriod, "spent" | "limit">): RaiseChoice[] {
  const base = Math.max(spent, limit);
  return STEPS.map(({ name, percent }) => ({ name, limit: rounded(unit, (base * percent) / 100) }));
}

/** Up to a figure that people would write: whole tokens, and as many digits of money as tell small amounts apart. */
function rounded(unit: string, amount: number): number {
  const digits = unit === BUDGET_TOKENS ? 0 : amount >= 1 ? 2 : amount >= 0.01 ? 4 : 6;
  const scale = 10 ** digits;
  // What is a hair above a digit, by the way in which fractions are kept, is that digit.
  return Math.ceil(Number((amount * scale).toFixed(6))) / scale;
}

/** A figure as it is typed; null while it is none. */
export function readAmount(typed: string): number | null {
  const text = typed.trim().replaceAll(/(?<=\d)[ _](?=\d)/g, "");
  if (!/^\d+(\.\d+)?$/.test(text)) return null;
  const amount = Number(text);
  return amount > 0 ? amount : null;
}
