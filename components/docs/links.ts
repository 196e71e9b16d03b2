import { safeHref } from "@/components/conversation/markdown";
import { docAddress } from "@/components/shell/addresses";

const DOCUMENT = /^(?:\.\/)?([A-Za-z0-9_-]+)\.md(?:#(.*))?$/;

export type DocLink = { href: string; isOutside: boolean };

/** Where a document's link leads within the console; null where it names a file of the sources, which is not here. */
export function docLink(href: string, names: ReadonlySet<string>): DocLink | null {
  if (href.startsWith("#")) return { href, isOutside: false };
  const [, file, anchor] = DOCUMENT.exec(href) ?? [];
  const name = file?.toLowerCase().replaceAll("_", "-");
  if (name !== undefined) return names.has(name) ? { href: docAddress(name, anchor), isOutside: false } : null;
  const safe = safeHref(href);
  return safe === null ? null : { href: safe, isOutside: true };
}
