import { z } from "zod";
import { Instant } from "./ids";

/** A year: what is older is found by its instants. */
const WITHIN_HOURS_MAX = 8_760;

/** Which time a list is about: from and up to instants, or as many hours back as the server's clock says. */
export const TIME_RANGE = {
  since: Instant.optional(),
  until: Instant.optional(),
  withinHours: z.int().min(1).max(WITHIN_HOURS_MAX).optional(),
};
export type TimeRange = z.infer<z.ZodObject<typeof TIME_RANGE>>;
