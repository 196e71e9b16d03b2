/** A round figure that nothing drawn is above, whose half is round too: 1, 2, 4, 6, 8 or 10 times a power of ten. */
export function scaleMax(values: readonly number[]): number {
  const max = Math.max(1, ...values);
  const power = 10 ** Math.floor(Math.log10(max));
  return power * ([1, 2, 4, 6, 8, 10].find((factor) => factor * power >= max) ?? 10);
}

const [SECOND_MS, MINUTE_MS, HOUR_MS, DAY_MS] = [1_000, 60_000, 3_600_000, 86_400_000];
const DURATIONS = [
  ...[10, 20, 40, 100, 200, 400],
  ...[1, 2, 4, 10, 20, 30].map((seconds) => seconds * SECOND_MS),
  ...[1, 2, 4, 10, 20, 30].map((minutes) => minutes * MINUTE_MS),
  ...[1, 2, 4, 6, 12].map((hours) => hours * HOUR_MS),
  DAY_MS,
];

/** The same of lengths of time, in ms: round in seconds, minutes, hours or days. */
export function durationScaleMax(values: readonly number[]): number {
  const max = Math.max(1, ...values);
  return DURATIONS.find((length) => length >= max) ?? scaleMax([max / DAY_MS]) * DAY_MS;
}

/** The same of bytes: round in binary units. */
export function bytesScaleMax(values: readonly number[]): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, ...values)));
}
