/** How long a program that ended is left alone before it is started again. */
export const RESTART = { backoffMinMs: 500, backoffMaxMs: 30_000, steadyMs: 60_000 };
