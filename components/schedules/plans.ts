/** Plans that are chosen rather than written; `cron` is any other. */
export const PRESETS = ["hourly", "daily", "weekdays", "weekly", "cron"] as const;
export type Preset = (typeof PRESETS)[number];
export const PRESET_NAMES: Record<Preset, string> = {
  hourly: "Hourly",
  daily: "Daily",
  weekdays: "Weekdays",
  weekly: "Weekly",
  cron: "Cron",
};
/** As cron numbers them: Sunday is 0. */
export const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"] as const;

/** When in its hour, day or week a chosen plan comes. */
export type At = { minute: number; hour: number; day: number };
export const USUAL_AT: At = { minute: 0, hour: 9, day: 1 };
/** What a new schedule begins with. */
export const USUAL_CRON = cronOf("daily", USUAL_AT);

const NICKNAMES: Record<string, string> = {
  "@hourly": "0 * * * *",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@weekly": "0 0 * * 0",
};
const SIMPLE = /^(\d{1,2}) (\*|\d{1,2}) \* \* (\*|1-5|MON-FRI|[0-7]|SUN|MON|TUE|WED|THU|FRI|SAT)$/;

/** The cron of a plan that was chosen. */
export function cronOf(preset: Exclude<Preset, "cron">, { minute, hour, day }: At): string {
  switch (preset) {
    case "hourly":
      return `${minute} * * * *`;
    case "daily":
      return `${minute} ${hour} * * *`;
    case "weekdays":
      return `${minute} ${hour} * * MON-FRI`;
    case "weekly":
      return `${minute} ${hour} * * ${shortDay(day)}`;
  }
}

/** Which plan a cron is, and when it comes; `cron` where it is none of those that can be chosen. */
export function presetOf(cron: string): { preset: Preset; at: At } {
  const typed = cron.trim().replace(/\s+/g, " ");
  const [, minutes, hours, days] = SIMPLE.exec((NICKNAMES[typed.toLowerCase()] ?? typed).toUpperCase()) ?? [];
  if (minutes === undefined || hours === undefined || days === undefined) return { preset: "cron", at: USUAL_AT };
  const isHourly = hours === "*";
  const at = { ...USUAL_AT, minute: Number(minutes), ...(isHourly ? {} : { hour: Number(hours) }) };
  if (at.minute > 59 || at.hour > 23) return { preset: "cron", at: USUAL_AT };
  if (isHourly) return days === "*" ? { preset: "hourly", at } : { preset: "cron", at: USUAL_AT };
  if (days === "*") return { preset: "daily", at };
  if (days === "1-5" || days === "MON-FRI") return { preset: "weekdays", at };
  const named = DAYS.findIndex((_, day) => shortDay(day) === days);
  return { preset: "weekly", at: { ...at, day: named === -1 ? Number(days) % 7 : named } };
}

function shortDay(day: number): string {
  return (DAYS[day] ?? DAYS[0]).slice(0, 3).toUpperCase();
}

/** The time of a day as the platform's field for it holds it. */
export function timeOf({ hour, minute }: At): string {
  return `${String(hour).padStart(2, "0")}:${String(minute).padStart(2, "0")}`;
}

/** The hour and minute of such a field; null while it is empty. */
export function readTime(field: string): Pick<At, "hour" | "minute"> | null {
  const [, hour, minute] = /^(\d\d):(\d\d)/.exec(field) ?? [];
  return hour === undefined || minute === undefined ? null : { hour: Number(hour), minute: Number(minute) };
}
