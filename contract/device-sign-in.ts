import { z } from "zod";
import { CreatedToken } from "./identity";
import { chosenName } from "./ids";
import { DEVICE_SIGN_IN_STATES } from "./words";

export const StartDeviceSignInInput = z.strictObject({
  /** What the program calls itself, such as the names of the person and the machine. */
  client: chosenName(80),
});
export type StartDeviceSignInInput = z.infer<typeof StartDeviceSignInInput>;

/** What a command line shows to its person, and what it polls with. */
export const DeviceSignInBegun = z.object({
  /** Exchanged for the token; the program keeps it to itself. */
  deviceCode: z.string(),
  /** The code that the person compares or types. */
  userCode: z.string(),
  /** Where the person allows the sign-in. The second address includes the code. */
  verificationUri: z.string(),
  verificationUriComplete: z.string(),
  /** Seconds until the sign-in expires (`expiresInSeconds`), and between two polls. */
  expiresInSeconds: z.int(),
  intervalSeconds: z.int(),
});
export type DeviceSignInBegun = z.infer<typeof DeviceSignInBegun>;

export const PollDeviceSignInInput = z.strictObject({ deviceCode: z.string().min(1).max(128) });
export type PollDeviceSignInInput = z.infer<typeof PollDeviceSignInInput>;

/**
 * slow-down: still waiting, and the program polled too soon. ended: the browser that allowed the sign-in was signed out
 * before the token was collected.
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
  /** Seconds to wait before the next poll. */
  intervalSeconds: z.int(),
  /** Returned with `allowed`, once only. */
  token: CreatedToken.nullable(),
});
export type DevicePoll = z.infer<typeof DevicePoll>;

/** Accepts any text: a malformed code gets the same answer as a code that nobody has. */
const TypedUserCode = z.string().min(1).max(40);

export const DeviceSignInInput = z.strictObject({ userCode: TypedUserCode });
export type DeviceSignInInput = z.infer<typeof DeviceSignInInput>;

export const DecideDeviceSignInInput = z.strictObject({
  userCode: TypedUserCode,
  decision: z.enum(["allow", "refuse"]),
});
export type DecideDeviceSignInInput = z.infer<typeof DecideDeviceSignInInput>;

/** A command line's sign-in, shown to the person who decides on it. */
export const DeviceSignIn = z.object({
  userCode: z.string(),
  state: z.enum(DEVICE_SIGN_IN_STATES),
  /** The program's own words, which may be false. */
  client: z.string(),
  /** The address that the request came from as this server saw it; behind a proxy, the proxy's address. */
  address: z.string(),
  askedAt: z.string(),
  expiresAt: z.string(),
  /** When the issued token would end: with the caller's sign-in. null where there is none. */
  until: z.string().nullable(),
});
export type DeviceSignIn = z.infer<typeof DeviceSignIn>;
