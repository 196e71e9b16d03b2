import { z } from "zod";
import { Instant } from "./ids";

/** A year: what is older is found by its instants. */
const WITHIN_HOURS_MAX = 8_760;
const HOUR_MINUTES = 60;
export const RangeMinutes = z
  .int()
  .min(1)
  .max(WITHIN_HOURS_MAX * HOUR_MINUTES);

/** Which time a list is about: from and up to instants, or so long ago as the server's clock says. */
export const TIME_RANGE = {
  since: Instant.optional(),
  until: Instant.optional(),
  withinHours: z.int().min(1).max(WITHIN_HOURS_MAX).optional(),
  withinMinutes: RangeMinutes.optional(),
  olderThanMinutes: RangeMinutes.optional(),
};
export type TimeRange = z.infer<z.ZodObject<typeof TIME_RANGE>>;
