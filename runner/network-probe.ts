import { connect } from "node:net";
import type { DraftEvent } from "./event-batch";

const CONNECT_MAX_MS = 1_500;

/**
 * Warns where a run's policy allows no network but its pod has one: some network plugins accept NetworkPolicies and
 * enforce none. `address` (host:port) is one that only an enforcing plugin would keep the pod from.
 */
export async function warnIfNetworkReachable(address: string, emit: (event: DraftEvent) => void): Promise<void> {
  if (!(await acceptsConnection(address))) return;
  const message =
    "This run's policy allows no network, and its pod has one all the same: " +
    `it reached ${address}. The cluster's network plugin does not enforce NetworkPolicies.`;
  emit({ type: "warning", payload: { message, code: "network-not-cut" } });
}

/** A refused connection proves nothing: the policy itself may have refused it. */
function acceptsConnection(address: string): Promise<boolean> {
  const separator = address.lastIndexOf(":");
  const host = address.slice(0, separator).replace(/^\[|\]$/g, "");
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(address.slice(separator + 1)), timeout: CONNECT_MAX_MS });
    const end = (isConnected: boolean) => {
      socket.destroy();
      resolve(isConnected);
    };
    socket.once("connect", () => end(true));
    socket.once("timeout", () => end(false));
    socket.once("error", () => end(false));
  });
}
