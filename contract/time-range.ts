import { z } from "zod";
import { Instant } from "./ids";

/** A year. Older records are found by instants. */
const WITHIN_HOURS_MAX = 8_760;
const HOUR_MINUTES = 60;
export const RangeMinutes = z
  .int()
  .min(1)
  .max(WITHIN_HOURS_MAX * HOUR_MINUTES);

/** A list's time range: from and up to instants, or relative to the server's clock. */
export const TIME_RANGE = {
  since: Instant.optional(),
  until: Instant.optional(),
  withinHours: z.int().min(1).max(WITHIN_HOURS_MAX).optional(),
  withinMinutes: RangeMinutes.optional(),
  olderThanMinutes: RangeMinutes.optional(),
};
export type TimeRange = z.infer<z.ZodObject<typeof TIME_RANGE>>;
