/** A task without a read mark is unread. Without a reader, none is unread. */
export function isUnread(version: number, reader: { readVersion: number | null } | null): boolean {
  return reader !== null && version > (reader.readVersion ?? 0);
}
