/** A rate limit: at most `startsMax` attempts are started in any `startsWindowSeconds`. */
export type Rate = { startsMax: number; startsWindowSeconds: number };

/** Maximum of `startsMax`: each dispatch looks at that many of the newest starts. */
export const STARTS_MAX = 10_000;
/** Maximum of `startsWindowSeconds`: a day. */
export const STARTS_WINDOW_MAX_SECONDS = 86_400;

const UNITS = [
  { seconds: 86_400, one: "a day", many: "days" },
  { seconds: 3_600, one: "an hour", many: "hours" },
  { seconds: 60, one: "a minute", many: "minutes" },
  { seconds: 1, one: "a second", many: "seconds" },
];

/** Writes a rate in words: `10 starts a minute`, `1 start in 90 seconds`. */
export function rateWords({ startsMax, startsWindowSeconds }: Rate): string {
  const starts = `${startsMax.toLocaleString("en")} ${startsMax === 1 ? "start" : "starts"}`;
  const unit = UNITS.find(({ seconds }) => startsWindowSeconds % seconds === 0);
  if (unit === undefined) return `${starts} in ${startsWindowSeconds} seconds`;
  const count = startsWindowSeconds / unit.seconds;
  return `${starts} ${count === 1 ? unit.one : `in ${count.toLocaleString("en")} ${unit.many}`}`;
}
