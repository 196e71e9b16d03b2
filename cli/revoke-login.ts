import type { Login } from "./credentials";
import { RefusedError } from "./failure";
import type { Io } from "./io";

/** Ends a token at its server, by itself; whether it was good until now. Fails where the server cannot say. */
export async function revokeLogin(io: Io, url: string, { token, tokenId }: Login): Promise<boolean> {
  const path = `/me/tokens/${encodeURIComponent(tokenId)}/revoke`;
  try {
    await io.connect({ url, token }).call({ method: "POST", path, body: {} });
    return true;
  } catch (error) {
    // It has ended by itself, or by another's hand.
    if (error instanceof RefusedError && (error.status === 401 || error.status === 404)) return false;
    throw error;
  }
}
