/**
 * What a runner and a server say to each other, as a number that rises when one of them has to know of a change. Version
 * 2 names itself in its claim; version 1 did not.
 */
export const RUNNER_PROTOCOL = 2;

/** The version that a server takes beside its own, so that either may be deployed first. */
export const RUNNER_PROTOCOL_BEFORE = RUNNER_PROTOCOL - 1;

/** What a runner speaks that names no version. */
export const RUNNER_PROTOCOL_UNNAMED = 1;
