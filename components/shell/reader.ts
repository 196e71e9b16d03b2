/** A reader's id out of an operator's name, which may hold anything. */
export function readerOf(identity: { name: string }): string {
  const name = identity.name
    .replaceAll(/[^A-Za-z0-9_.:-]+/g, "-")
    .replaceAll(/\.{2,}/g, ".")
    .slice(0, 100);
  return `operator:${name === "" ? "unnamed" : name}`;
}
