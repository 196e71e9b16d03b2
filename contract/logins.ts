/**
 * Returns the folder in which `agentrun login` keeps a person's tokens, by the XDG base directories: a variable whose
 * path is not absolute is ignored. undefined for somebody with neither a configuration folder nor a home.
 */
export function loginsFolder({
  XDG_CONFIG_HOME: told = "",
  HOME: home = "",
}: {
  XDG_CONFIG_HOME?: string | undefined;
  HOME?: string | undefined;
}): string | undefined {
  const config = told.startsWith("/") ? told : home.startsWith("/") && `${home}/.config`;
  return config ? `${config}/agentrun` : undefined;
}
