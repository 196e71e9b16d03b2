/**
 * The folder in which `agentrun login` keeps a person's tokens, by the XDG base directories, by which a path that is not
 * absolute counts as none. undefined for somebody who has neither that nor a home.
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
