import { sql } from "drizzle-orm";

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

/**
 * Of a control (`placed`) the newest starts of its place, no more than it may have, lane by lane: a lane that was not
 * served within the window has none. To be asked only where there is a rate.
 */
export const RATE = sql`
  select json_build_object('startsMax', placed.starts_max, 'startsWindowSeconds', placed.starts_window_seconds,
    'used', count(*), 'freesAtMs', ceil(extract(epoch from min(started.at) + ${WINDOW}) * 1000),
    'freesInMs', ceil(extract(epoch from min(started.at) + ${WINDOW} - clock_timestamp()) * 1000))
  from (
    select attempt.dispatched_at as at from (
      select * from agentrun_queue_lanes_served where tenant_id = placed.tenant_id and queue = placed.queue
      union all
      select * from agentrun_queue_lanes_served where placed.tenant_id = '*' and queue = placed.queue) served
    cross join lateral (
      select dispatched_at from agentrun_queue_attempts started
      where started.tenant_id = served.tenant_id and started.queue = served.queue and started.lane = served.lane
        and started.dispatched_at > ${NOW} - ${WINDOW}
      order by started.dispatched_at desc limit placed.starts_max) attempt
    where placed.lane in ('', served.lane) and served.served_at > ${NOW} - ${WINDOW} - ${SERVED_MARGIN}
    order by attempt.dispatched_at desc limit placed.starts_max) started`;
