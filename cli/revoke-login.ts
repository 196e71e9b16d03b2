import type { Login } from "./credentials";
import { RefusedError } from "./failure";
import type { Io } from "./io";

/**
 * Revokes a token at its server, using the token itself. Returns whether it was valid until now. Throws where the
 * server cannot say.
 */
export async function revokeLogin(io: Io, url: string, { token, tokenId }: Login): Promise<boolean> {
  const path = `/me/tokens/${encodeURIComponent(tokenId)}/revoke`;
  try {
    await io.connect({ url, token }).call({ method: "POST", path, body: {} });
    return true;
  } catch (error) {
    // The token has expired, or somebody else revoked it.
    if (error instanceof RefusedError && (error.status === 401 || error.status === 404)) return false;
    throw error;
  }
}
