/** What nobody has read is unread; without a reader nothing is. */
export function isUnread(version: number, reader: { readVersion: number | null } | null): boolean {
  return reader !== null && version > (reader.readVersion ?? 0);
}
