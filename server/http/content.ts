/** Headers of foreign bytes: opened on their own in a browser, they must run nothing and load nothing. */
export function contentHeaders(content: {
  /** A media type. */
  type: string;
  disposition: "inline" | "attachment";
  name: string;
}): Record<string, string> {
  return {
    "content-type": content.type,
    "content-disposition": `${content.disposition}; filename*=UTF-8''${encodeName(content.name)}`,
    "content-security-policy": "default-src 'none'; sandbox",
    "x-content-type-options": "nosniff",
  };
}

/** Encodes a name of any characters as in RFC 8187, without the marks that reorder text. */
function encodeName(name: string): string {
  return encodeURIComponent(name.replace(/\p{Bidi_Control}/gu, "")).replace(
    /['()*!]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/**
 * Headers by which a browser keeps bytes. They are deleted with their session, and who may see them changes, so a
 * browser must revalidate each time.
 */
export function cacheHeaders(sha256: string): { etag: string; "cache-control": string } {
  return { etag: `"${sha256}"`, "cache-control": "private, no-cache" };
}

/** Whether If-None-Match matches bytes, compared as in RFC 9110: weakly, against a list, or by `*`. */
export function matchesEtag(ifNoneMatch: string, sha256: string): boolean {
  if (ifNoneMatch.trim() === "*") return true;
  return ifNoneMatch.split(",").some((tag) => tag.trim().replace(/^W\//, "") === `"${sha256}"`);
}
