import { useTimeMode } from "@/components/ui/time/clock";

/** When a step of a picture over time began, in the time that the operator has chosen. */
export function useStepName({ fromMs, stepMs }: { fromMs: number; stepMs: number }): (step: number) => string {
  const mode = useTimeMode();
  const format = new Intl.DateTimeFormat(undefined, {
    ...{ day: "2-digit", month: "2-digit", hour: "2-digit", minute: "2-digit", hour12: false },
    ...(mode === "utc" ? { timeZone: "UTC" } : {}),
  });
  return (step) => format.format(fromMs + step * stepMs);
}
