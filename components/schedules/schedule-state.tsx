import { State } from "@/components/ui/state";
import type { Schedule } from "@/contract/schedule";
import { conditionOf } from "./words";

/** How a schedule stands, and why where that is not beside it. */
export function ScheduleState({ schedule, isIconless }: { schedule: Schedule; isIconless?: boolean }) {
  const { state, word, why } = conditionOf(schedule);
  return <State state={state} word={word} isIconless={isIconless} why={isIconless ? null : why} />;
}
