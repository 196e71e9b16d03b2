import { Cron } from "croner";
import cronstrue from "cronstrue";
import { InvalidInputError } from "@/server/errors";

/** Five fields, in which `?` and `+` mean something to some programs and nothing here; or a word for all of them. */
const FIELDS = /^(@(hourly|daily|midnight|weekly|monthly|yearly|annually)|[^\s?+]+(\s+[^\s?+]+){4})$/;
/** Times that passed unnoticed are counted to here. */
export const MISSED_MAX = 1_000;

/** When something is to happen again and again, to the minute, by the clocks of one time zone. */
export type Plan = {
  /** The next times after an instant, the soonest first; fewer than asked for where there are no more. */
  next(after: Date, count: number): Date[];
  /** Its last time until an instant, that one included; null: there was none. */
  last(until: Date): Date | null;
};

/** What bounds a plan, both included; null is no bound. */
export type Bounds = { startsAt: Date | null; endsAt: Date | null };
const UNBOUND: Bounds = { startsAt: null, endsAt: null };

/**
 * Reads a plan; throws what is wrong with it. A time that clocks leave out where they are set forward comes right after
 * the gap, one that they show twice comes once, the first time; what comes at steps (`*` in the hour) goes by the time
 * that passes: a step that clocks leave out is none, and one that they show twice comes at both.
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
      // croner looks for what lies after an instant.
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

/** croner looks for what lies before an instant, by whole seconds. */
function justAfterMinute(instant: Date): Date {
  return new Date(Math.floor(instant.getTime() / 60_000) * 60_000 + 1_000);
}

/** The times of a plan from one that was due until now: the last, and how many came before it. */
export function lastDue(plan: Plan, dueAt: Date, now: Date): { dueAt: Date; missed: number } {
  const last = plan.last(now);
  if (last === null || last <= dueAt) return { dueAt, missed: 0 };
  const later = plan.next(dueAt, MISSED_MAX).filter((time) => time <= last);
  return { dueAt: last, missed: later.length };
}

/** The next time after an instant; null: it has ended. One that never comes, and has no end, is no plan. */
export function nextTime(plan: Plan, after: Date, { endsAt }: Bounds): Date | null {
  const [next] = plan.next(after, 1);
  if (next === undefined && endsAt === null)
    throw new InvalidInputError("cron: this time never comes, such as the 30th of February: write another");
  return next ?? null;
}

/** The same of a plan that is to be stored: one that has ended before it begins is refused. */
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

/** What a stored plan says, for people, in English; its own text where this program no longer has words for it. */
export function wordsOf(cron: string): string {
  try {
    return toWords(cron);
  } catch {
    return cron;
  }
}

/** Throws where it has no words. */
function toWords(cron: string): string {
  return cronstrue.toString(cron.trim(), { use24HourTimeFormat: true });
}

function parse(cron: string, timeZone: string): Cron {
  try {
    // A plan is stored only if it can be told in words too.
    toWords(cron);
    // Lists and ranges of hours are times of the clock as one hour is; croner itself counts them as steps.
    return new Cron(cron, { timezone: timeZone, mode: "5-part", fixedTimeRule: "no-wildcard", paused: true });
  } catch (error) {
    throw new InvalidInputError(`cron: ${reasonOf(error)}`);
  }
}

/** What the libraries say, which name themselves first. */
function reasonOf(error: unknown): string {
  const said = error instanceof Error ? error.message : String(error);
  return said.replace(/^(CronPattern|Error):\s*/, "").replace(/\.$/, "");
}

function assertTimeZone(timeZone: string): void {
  try {
    // An offset such as +02:00 is no zone: it does not know of the summer.
    if (/^[A-Za-z]/.test(timeZone)) return void new Intl.DateTimeFormat("en", { timeZone });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  throw new InvalidInputError("timeZone: a name of the IANA database, such as Europe/Berlin or UTC");
}
