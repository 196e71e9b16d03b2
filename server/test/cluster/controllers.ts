import { inject, test } from "vitest";

/** A test of what a cluster's controllers do. With only an API server it is skipped, and reported as skipped. */
export const it = test.runIf(inject("hasControllers"));
