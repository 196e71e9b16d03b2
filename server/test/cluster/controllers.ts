import { inject, test } from "vitest";

/** A test of what a cluster's controllers do: where there is an API server alone it is not run, and said to be skipped. */
export const it = test.runIf(inject("hasControllers"));
