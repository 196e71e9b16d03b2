/** More than the largest payload, with room for a batch of events. */
export const BODY_MAX_BYTES = 16 * 1024 * 1024;
/** A message from a model's client: the longest text that an agent can be sent, and room for its escapes. */
export const MCP_BODY_MAX_BYTES = 2 * 1024 * 1024;
/** A volume's manifest, which names every file of its workspace. */
export const MANIFEST_BODY_MAX_BYTES = 40 * 1024 * 1024;
export const SIGN_IN_BODY_MAX_BYTES = 4 * 1024;
/** A conversation as codex sends it to its model, with images. */
export const MODEL_BODY_MAX_BYTES = 64 * 1024 * 1024;
