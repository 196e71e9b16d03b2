/** The base for resolving paths. No real site has this name. */
const BASE = "http://console.invalid";

/**
 * Returns the address only when it is a path of this console; any other one would lead a signed-in operator away. It is
 * parsed the way a browser does, which drops tabs and treats backslashes as slashes.
 */
export function safeNext(next: string | string[] | undefined): string {
  if (typeof next !== "string" || !next.startsWith("/") || !URL.canParse(next, BASE)) return "/";
  const { origin, pathname, search, hash } = new URL(next, BASE);
  // `/.//site` is a path here, but becomes another site's address once it is written without its dot.
  return origin === BASE && !pathname.startsWith("//") ? `${pathname}${search}${hash}` : "/";
}
