/** Where paths are read against: no site has it. */
const BASE = "http://console.invalid";

/**
 * Only paths of this console are gone back to: anything else would lead a signed-in operator away. It is read as a
 * browser reads it, which drops tabs and takes backslashes for slashes.
 */
export function safeNext(next: string | string[] | undefined): string {
  if (typeof next !== "string" || !next.startsWith("/") || !URL.canParse(next, BASE)) return "/";
  const { origin, pathname, search, hash } = new URL(next, BASE);
  // `/.//site` is a path here, and once it is written without its dot another site's address.
  return origin === BASE && !pathname.startsWith("//") ? `${pathname}${search}${hash}` : "/";
}
