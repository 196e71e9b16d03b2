/** A time from the start, as a clock that runs from zero: `+0.250 s`, `+12 s`, `+3:05`, `+1:00:07.5`. */
export function formatOffset(ms: number, decimals = 3): string {
  const sign = ms < 0 ? "−" : "+";
  const unit = 10 ** decimals;
  const total = Math.round((Math.abs(ms) / 1_000) * unit) / unit;
  if (total < 60) return `${sign}${total.toFixed(decimals)} s`;
  const seconds = (total % 60).toFixed(decimals).padStart(decimals === 0 ? 2 : decimals + 3, "0");
  const minutes = Math.floor(total / 60) % 60;
  const hours = Math.floor(total / 3_600);
  if (hours === 0) return `${sign}${minutes}:${seconds}`;
  return `${sign}${hours}:${String(minutes).padStart(2, "0")}:${seconds}`;
}

/** As many decimals as tell neighbouring ticks apart. */
export function decimalsFor(stepMs: number): number {
  if (stepMs >= 1_000) return 0;
  return stepMs >= 100 ? 1 : stepMs >= 10 ? 2 : 3;
}
