/** How far back the strip of hours goes, as the address holds it, where it is open. */
export const HEAT_RANGES = ["7d", "14d"] as const;
export type HeatRange = (typeof HEAT_RANGES)[number];
export const HEAT_DAYS: Record<HeatRange, number> = { "7d": 7, "14d": 14 };
