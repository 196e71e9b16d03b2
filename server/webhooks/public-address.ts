import { Resolver } from "node:dns/promises";
import { BlockList, isIP, type LookupFunction } from "node:net";

/** Addresses outside the public Internet: this machine, its networks, and clouds' own services. */
const NON_PUBLIC_V4 = blockListOf("ipv4", [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  // Azure's own, which answers inside its machines alone.
  ["168.63.129.16", 32],
  ["169.254.0.0", 16],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24],
  ["192.88.99.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 3],
]);
/**
 * All assigned IPv6 addresses of the Internet lie in it; the others have special purposes, or stand for IPv4 addresses.
 */
const PUBLIC_V6 = blockListOf("ipv6", [["2000::", 3]]);
const NON_PUBLIC_V6 = blockListOf("ipv6", [
  ["2001::", 23],
  ["2001:db8::", 32],
  ["2002::", 16],
  ["3fff::", 20],
]);

function blockListOf(family: "ipv4" | "ipv6", networks: [network: string, prefix: number][]): BlockList {
  const list = new BlockList();
  for (const [network, prefix] of networks) list.addSubnet(network, prefix, family);
  return list;
}

/** Returns whether an IP address of either version is on the public Internet. */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 4) return !NON_PUBLIC_V4.check(address, "ipv4");
  return PUBLIC_V6.check(address, "ipv6") && !NON_PUBLIC_V6.check(address, "ipv6");
}

/** Returns the host of an address if it is an IP address, for which no name is looked up; null: it is a name. */
export function literalAddressOf({ hostname }: URL): string | null {
  const unbracketed = hostname.replace(/^\[|\]$/g, "");
  return isIP(unbracketed) === 0 ? null : unbracketed;
}

/** Half of what a receiver may take in all. */
const LOOKUP_TIMEOUT_MS = 7_000;

/**
 * Looks up names for connections, and ignores addresses that are not public. It is called while the connection is made,
 * which catches a name that led elsewhere when it was checked. Name servers are queried directly: in the machine's own
 * resolver, a name whose server is silent would hold up all other look-ups of this program, and names of the machine
 * and its network would be found too. Callers cannot tell whether a name has no address or only addresses that are not
 * public.
 */
export function publicLookup(nameServers?: string[]): LookupFunction {
  return (hostname, options, callback) => {
    void resolvePublic(hostname, nameServers).then((found) => {
      const [first] = found;
      if (first === undefined) return callback(new Error("its name leads to no public address"), "", 0);
      if (options.all) return callback(null, found);
      return callback(null, first.address, first.family);
    });
  };
}

async function resolvePublic(hostname: string, nameServers?: string[]): Promise<{ address: string; family: number }[]> {
  const resolver = new Resolver({ timeout: LOOKUP_TIMEOUT_MS, tries: 1 });
  if (nameServers) resolver.setServers(nameServers);
  const answers = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)]);
  return answers
    .flatMap((answer) => (answer.status === "fulfilled" ? answer.value : []))
    .filter(isPublicAddress)
    .map((address) => ({ address, family: isIP(address) }));
}
