import { State } from "@/components/ui/state";
import type { Schedule } from "@/contract/schedule";
import { conditionOf } from "./words";

/** How a schedule stands, and why where that is not beside it. */
export function ScheduleState({ schedule, isBare }: { schedule: Schedule; isBare?: boolean }) {
  const { state, word, why } = conditionOf(schedule);
  return <State state={state} word={word} isBare={isBare} why={isBare ? null : why} />;
}
