/**
 * The version of the protocol between runner and server. It rises when a change must be known to one of them. Version 2
 * names itself in its claim; version 1 did not.
 */
export const RUNNER_PROTOCOL = 2;

/** The other version that a server accepts, so that either side may be deployed first. */
export const RUNNER_PROTOCOL_BEFORE = RUNNER_PROTOCOL - 1;

/** The version of a runner that names none. */
export const RUNNER_PROTOCOL_UNNAMED = 1;
