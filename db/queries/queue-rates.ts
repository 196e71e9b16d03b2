import { type SQL, sql } from "drizzle-orm";

/** What a rate allows, and how much of it is used. */
export type Rate = {
  startsMax: number;
  startsWindowSeconds: number;
  /** Starts in the window that ends now; of more than are allowed the newest so many. */
  used: number;
  /** When the oldest of those leaves the window: milliseconds since 1970, and from now; null where there are none. */
  freesAtMs: number | null;
  freesInMs: number | null;
};

/** A value, so that an index can be searched by it. */
const NOW = sql`(select clock_timestamp())`;
const WINDOW = sql`placed.starts_window_seconds * interval '1 second'`;
/** A lane's note of its last start is of the statement that made it, by another look at the clock. */
const SERVED_MARGIN = sql`interval '1 minute'`;
const IS_LATE = sql`started.dispatched_at > ${NOW} - ${WINDOW}`;
const NEWEST = sql`order by started.dispatched_at desc limit placed.starts_max`;

/** Newest starts of a queue of the tenants that `of` selects, from an index that has them in their order. */
const ofQueue = (of: SQL) => sql`
  select attempt.* from (${of}) tenant cross join lateral (
    select dispatched_at from agentrun_queue_attempts started
    where started.tenant_id = tenant.tenant_id and started.queue = placed.queue and ${IS_LATE} ${NEWEST}) attempt`;
/** Tenants whose tasks were served within the window, by the notes that `where` says. */
const served = (where: SQL) => sql`
  select distinct tenant_id from agentrun_queue_lanes_served served
  where placed.tenant_id = '*' and served.queue = placed.queue and ${where}
    and served.served_at > ${NOW} - ${WINDOW} - ${SERVED_MARGIN}`;

/**
 * Of a control (`placed`) the newest starts of its place, no more than it may have of each tenant. A tenant that was
 * not served within the window has none. To be asked only where there is a rate.
 */
export const RATE = sql`
  select json_build_object('startsMax', placed.starts_max, 'startsWindowSeconds', placed.starts_window_seconds,
    'used', count(*), 'freesAtMs', ceil(extract(epoch from min(started.dispatched_at) + ${WINDOW}) * 1000),
    'freesInMs', ceil(extract(epoch from min(started.dispatched_at) + ${WINDOW} - clock_timestamp()) * 1000))
  from (
    select started.* from (
      ${ofQueue(sql`select placed.tenant_id where placed.lane = '' and placed.tenant_id <> '*'`)}
      union all
      ${ofQueue(served(sql`placed.lane = ''`))}
      union all
      select attempt.* from (
        select placed.tenant_id where placed.lane <> '' and placed.tenant_id <> '*'
        union all
        ${served(sql`placed.lane <> '' and served.lane = placed.lane`)}) tenant
      cross join lateral (
        select dispatched_at from agentrun_queue_attempts started
        where started.tenant_id = tenant.tenant_id and started.queue = placed.queue and started.lane = placed.lane
          and ${IS_LATE} ${NEWEST}) attempt) started
    ${NEWEST}) started`;
