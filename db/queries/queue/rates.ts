import { type SQL, sql } from "drizzle-orm";

/** A rate, and how much of it is used. */
export type Rate = {
  startsMax: number;
  startsWindowSeconds: number;
  /** Starts within the window that ends now; at most as many as are allowed, the newest. */
  used: number;
  /**
   * When the oldest of these leaves the window: in milliseconds since 1970, and from now. null where there are none.
   */
  freesAtMs: number | null;
  freesInMs: number | null;
};

/** A value, so that an index can be searched by it. */
const NOW = sql`(select clock_timestamp())`;
const WINDOW = sql`placed.starts_window_seconds * interval '1 second'`;
/** A lane's served time is written by the statement that starts its tasks, but from another reading of the clock. */
const SERVED_MARGIN = sql`interval '1 minute'`;
const IS_IN_WINDOW = sql`started.dispatched_at > ${NOW} - ${WINDOW}`;
const NEWEST = sql`order by started.dispatched_at desc limit placed.starts_max`;

/** The newest starts of a queue, for the tenants that `of` selects, from an index that has them in order. */
const ofQueue = (of: SQL) => sql`
  select attempt.* from (${of}) tenant cross join lateral (
    select dispatched_at from agentrun_queue_attempts started
    where started.tenant_id = tenant.tenant_id and started.queue = placed.queue and ${IS_IN_WINDOW} ${NEWEST}) attempt`;
/** Tenants with tasks served within the window, according to the rows that `where` selects. */
const served = (where: SQL) => sql`
  select distinct tenant_id from agentrun_queue_lanes_served served
  where placed.tenant_id = '*' and served.queue = placed.queue and ${where}
    and served.served_at > ${NOW} - ${WINDOW} - ${SERVED_MARGIN}`;

/**
 * The newest starts of a control's place (`placed`); of each tenant no more than the rate allows. A tenant that was not
 * served within the window has none. Only to be used where there is a rate.
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
          and ${IS_IN_WINDOW} ${NEWEST}) attempt) started
    ${NEWEST}) started`;
