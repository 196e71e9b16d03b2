/** The pauses before a program that ended is started again. */
export const RESTART = { backoffMinMs: 500, backoffMaxMs: 30_000, steadyMs: 60_000 };
