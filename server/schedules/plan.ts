import { Cron } from "croner";
import cronstrue from "cronstrue";
import { InvalidInputError } from "@/server/errors";

/**
 * Five fields, without `?` and `+`, which have a meaning in some programs and none here; or one word for all of them.
 */
const FIELDS = /^(@(hourly|daily|midnight|weekly|monthly|yearly|annually)|[^\s?+]+(\s+[^\s?+]+){4})$/;
/** Missed times are counted up to this number. */
export const MISSED_MAX = 1_000;

/** A recurring time, to the minute, by the clocks of one time zone. */
export type Plan = {
  /** Returns the next times after an instant, the soonest first; fewer than `count` when there are no more. */
  next(after: Date, count: number): Date[];
  /** Returns its last time up to and including an instant; null: there was none. */
  last(until: Date): Date | null;
};

/** The bounds of a plan, both included; null: no bound. */
export type Bounds = { startsAt: Date | null; endsAt: Date | null };
const UNBOUND: Bounds = { startsAt: null, endsAt: null };

/**
 * Reads a plan; throws what is wrong with it. Around changes of the clock:
 *
 * - A fixed time that is skipped when clocks are set forward comes right after the gap.
 * - A fixed time that occurs twice comes once, the first time.
 * - A plan with steps (`*` in the hour) follows the time that passes: a skipped step does not come, and one that occurs
 *   twice comes both times.
 */
export function readPlan(cron: string, timeZone: string, { startsAt, endsAt }: Bounds = UNBOUND): Plan {
  assertTimeZone(timeZone);
  const fields = cron.trim();
  if (!FIELDS.test(fields))
    throw new InvalidInputError(
      "cron: five fields (minute, hour, day of the month, month, day of the week), such as 0 9 * * MON-FRI, or a word such as @daily",
    );
  const times = parse(fields, timeZone);
  return {
    next(after, count) {
      // croner looks for times strictly after an instant.
      const from = startsAt === null || startsAt <= after ? after : new Date(startsAt.getTime() - 1);
      return times.nextRuns(count, from).filter((time) => endsAt === null || time <= endsAt);
    },
    last(until) {
      const to = endsAt === null || endsAt >= until ? until : endsAt;
      const [last] = times.previousRuns(1, justAfterMinute(to));
      return last === undefined || (startsAt !== null && last < startsAt) ? null : last;
    },
  };
}

/** croner looks for times strictly before an instant, by whole seconds. */
function justAfterMinute(instant: Date): Date {
  return new Date(Math.floor(instant.getTime() / 60_000) * 60_000 + 1_000);
}

/** Returns the last time of a plan from one that was due until now, and how many came before it. */
export function lastDue(plan: Plan, dueAt: Date, now: Date): { dueAt: Date; missed: number } {
  const last = plan.last(now);
  if (last === null || last <= dueAt) return { dueAt, missed: 0 };
  const later = plan.next(dueAt, MISSED_MAX).filter((time) => time <= last);
  return { dueAt: last, missed: later.length };
}

/**
 * Returns the next time after an instant; null: the plan has ended. Throws for a plan without an end that never comes.
 */
export function nextTime(plan: Plan, after: Date, { endsAt }: Bounds): Date | null {
  const [next] = plan.next(after, 1);
  if (next === undefined && endsAt === null)
    throw new InvalidInputError("cron: this time never comes, such as the 30th of February: write another");
  return next ?? null;
}

/** The same for a plan that is to be stored. Throws when it ends before its first time. */
export function firstTime(plan: Plan, after: Date, bounds: Bounds): Date {
  const { startsAt, endsAt } = bounds;
  if (startsAt !== null && endsAt !== null && endsAt < startsAt)
    throw new InvalidInputError("endsAt: it lies before startsAt");
  const first = nextTime(plan, after, bounds);
  if (first !== null) return first;
  throw new InvalidInputError(
    endsAt !== null && endsAt <= after ? "endsAt: it has passed" : "endsAt: no time of this plan comes until then",
  );
}

/** Describes a stored plan for people, in English; its own text where this program can no longer describe it. */
export function describeCron(cron: string): string {
  try {
    return toWords(cron);
  } catch {
    return cron;
  }
}

/** Throws when a plan cannot be described. */
function toWords(cron: string): string {
  return cronstrue.toString(cron.trim(), { use24HourTimeFormat: true });
}

function parse(cron: string, timeZone: string): Cron {
  try {
    // A plan is stored only if it can be described, too.
    toWords(cron);
    // Lists and ranges of hours are fixed times, like a single hour; by default croner treats them as steps.
    return new Cron(cron, { timezone: timeZone, mode: "5-part", fixedTimeRule: "no-wildcard", paused: true });
  } catch (error) {
    throw new InvalidInputError(`cron: ${reasonOf(error)}`);
  }
}

/** Returns the libraries' message without the name that it begins with. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.replace(/^(CronPattern|Error):\s*/, "").replace(/\.$/, "");
}

function assertTimeZone(timeZone: string): void {
  try {
    // An offset such as +02:00 is not a zone: it has no daylight saving time.
    if (/^[A-Za-z]/.test(timeZone)) return void new Intl.DateTimeFormat("en", { timeZone });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  throw new InvalidInputError("timeZone: a name of the IANA database, such as Europe/Berlin or UTC");
}
