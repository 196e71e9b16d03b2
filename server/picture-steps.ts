const STEPS_MAX = 240;
const MINUTE_MS = 60_000;

/** The steps of a picture of so many minutes up to now: how long each is, when the first begins, and the same as told. */
export function pictureSteps(minutes: number, stepsMax = STEPS_MAX) {
  const stepMinutes = Math.ceil(minutes / stepsMax);
  const to = new Date();
  const from = new Date(Math.floor(to.getTime() / MINUTE_MS) * MINUTE_MS - minutes * MINUTE_MS);
  return { from, stepMinutes, told: { stepMinutes, from: from.toISOString(), to: to.toISOString() } };
}
