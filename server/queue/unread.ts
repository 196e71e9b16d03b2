/** Unread until its reader has read this version; what nobody has read is unread. */
export function isUnread(version: number, readVersion: number | null): boolean {
  return readVersion === null || version > readVersion;
}
