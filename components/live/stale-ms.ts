import { toServerTime } from "@/components/ui/time/clock";

/** For how long nothing has come, in milliseconds; `nowMs` by the server's clock, as `useNow` has it. */
export function staleMs({ staleSinceMs }: { staleSinceMs: number }, nowMs: number): number {
  // When it went away is known by this machine's clock alone.
  return Math.max(0, nowMs - toServerTime(staleSinceMs));
}
