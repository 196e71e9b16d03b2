/**
 * The whole environment of a child. Next's types require NODE_ENV in every environment; children have no use for it.
 */
export function childEnv(env: Record<string, string>): NodeJS.ProcessEnv {
  return env as NodeJS.ProcessEnv;
}
