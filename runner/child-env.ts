/** The whole environment of a child. Next's types demand NODE_ENV of every environment; a child has no use for it. */
export function childEnv(env: Record<string, string>): NodeJS.ProcessEnv {
  return env as NodeJS.ProcessEnv;
}
