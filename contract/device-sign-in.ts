import { z } from "zod";
import { CreatedToken } from "./identity";
import { chosenName } from "./ids";
import { DEVICE_SIGN_IN_STATES } from "./words";

export const StartDeviceSignInInput = z.strictObject({
  /** What the program calls itself, such as a person's name and the machine's. */
  client: chosenName(80),
});
export type StartDeviceSignInInput = z.infer<typeof StartDeviceSignInInput>;

/** What a command line tells its person, and asks by. */
export const DeviceSignInBegun = z.object({
  /** Buys the token: it stays with the program. */
  deviceCode: z.string(),
  /** What the person compares, or types. */
  userCode: z.string(),
  /** Where they allow it; the second has the code in it. */
  verificationUri: z.string(),
  verificationUriComplete: z.string(),
  /** Seconds until it is over, and between two questions. */
  expiresInSeconds: z.int(),
  intervalSeconds: z.int(),
});
export type DeviceSignInBegun = z.infer<typeof DeviceSignInBegun>;

export const PollDeviceSignInInput = z.strictObject({ deviceCode: z.string().min(1).max(128) });
export type PollDeviceSignInInput = z.infer<typeof PollDeviceSignInInput>;

/**
 * slow-down: waiting too, and it was asked too soon; ended: the browser that allowed it was signed out before the token
 * was collected.
 */
export const DEVICE_POLL_STATES = [
  "waiting",
  "slow-down",
  "refused",
  "ended",
  "expired",
  "collected",
  "allowed",
] as const;

export const DevicePoll = z.object({
  state: z.enum(DEVICE_POLL_STATES),
  /** Seconds to wait before the next question. */
  intervalSeconds: z.int(),
  /** With `allowed`, and never again. */
  token: CreatedToken.nullable(),
});
export type DevicePoll = z.infer<typeof DevicePoll>;

/** Any text: what is no code is told like one that nobody has. */
const TypedUserCode = z.string().min(1).max(40);

export const DeviceSignInInput = z.strictObject({ userCode: TypedUserCode });
export type DeviceSignInInput = z.infer<typeof DeviceSignInInput>;

export const DecideDeviceSignInInput = z.strictObject({
  userCode: TypedUserCode,
  decision: z.enum(["allow", "refuse"]),
});
export type DecideDeviceSignInInput = z.infer<typeof DecideDeviceSignInInput>;

/** A command line that asks to act for the person who looks at it. */
export const DeviceSignIn = z.object({
  userCode: z.string(),
  state: z.enum(DEVICE_SIGN_IN_STATES),
  /** In its own words, which may be a lie. */
  client: z.string(),
  /** Where it asked from, as this server saw it: behind a proxy, the proxy's. */
  address: z.string(),
  askedAt: z.string(),
  expiresAt: z.string(),
  /** When the token ends that it gets: with the caller's sign-in; null where there is none. */
  until: z.string().nullable(),
});
export type DeviceSignIn = z.infer<typeof DeviceSignIn>;
