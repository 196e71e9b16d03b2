/** The pauses before a program that ended is started again. */
export const RESTART = { backoffMinMs: 500, backoffMaxMs: 30_000, stableMs: 60_000 };
