import { connect } from "node:net";
import type { DraftEvent } from "./event-batch";

const CONNECT_MAX_MS = 1_500;

/**
 * Warns where a run's policy allows no network but its pod has one: some network plugins accept NetworkPolicies and
 * enforce none. `address` (host:port) is one that only an enforcing plugin would keep the pod from.
 */
export async function warnIfNotCutOff(address: string, emit: (event: DraftEvent) => void): Promise<void> {
  if (!(await answers(address))) return;
  const message =
    "This run's policy allows no network, and its pod has one all the same: " +
    `it reached ${address}. The cluster's network plugin does not enforce NetworkPolicies.`;
  emit({ type: "warning", payload: { message, code: "network-not-cut" } });
}

/** A refused connection proves nothing: the policy itself may have refused it. */
function answers(address: string): Promise<boolean> {
  const at = address.lastIndexOf(":");
  const host = address.slice(0, at).replace(/^\[|\]$/g, "");
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(address.slice(at + 1)), timeout: CONNECT_MAX_MS });
    const end = (answered: boolean) => {
      socket.destroy();
      resolve(answered);
    };
    socket.once("connect", () => end(true));
    socket.once("timeout", () => end(false));
    socket.once("error", () => end(false));
  });
}
