const STEPS_MAX = 240;
const MINUTE_MS = 60_000;

/**
 * Returns the steps of a chart over some minutes up to now: their length, the start of the first one, and the same as
 * an answer's fields.
 */
export function chartSteps(minutes: number, stepsMax = STEPS_MAX) {
  const stepMinutes = Math.ceil(minutes / stepsMax);
  const to = new Date();
  const from = new Date(Math.floor(to.getTime() / MINUTE_MS) * MINUTE_MS - minutes * MINUTE_MS);
  return { from, stepMinutes, range: { stepMinutes, from: from.toISOString(), to: to.toISOString() } };
}
