import { createSocket } from "node:dgram";
import type { AddressInfo } from "node:net";

const TYPE_A = 1;
const HEADER_BYTES = 12;

/**
 * Starts a name server that knows the IPv4 addresses of some names, and says of all others that they do not exist;
 * null: it never answers.
 */
export async function startNameServer(addresses: Record<string, string> | null) {
  const queriedNames: string[] = [];
  const socket = createSocket("udp4");
  socket.on("message", (query, from) => {
    const { name, type, end } = readQuestion(query);
    queriedNames.push(name);
    if (addresses === null) return;
    const address = type === TYPE_A ? addresses[name] : undefined;
    const isKnown = Object.hasOwn(addresses, name);
    const header = Buffer.from(query.subarray(0, HEADER_BYTES));
    // With an address it is an answer; without one, it says that there is no such name or no record of that type.
    header.writeUInt16BE(isKnown ? 0x8180 : 0x8183, 2);
    for (const [at, count] of [1, address === undefined ? 0 : 1, 0, 0].entries())
      header.writeUInt16BE(count, 4 + 2 * at);
    const answer = address === undefined ? [] : [recordOf(address)];
    socket.send(Buffer.concat([header, query.subarray(HEADER_BYTES, end), ...answer]), from.port, from.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
  return {
    address: `127.0.0.1:${(socket.address() as AddressInfo).port}`,
    asked: queriedNames,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => socket.close(resolve)),
  };
}

function readQuestion(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = query[at] ?? 0; length > 0; length = query[at] ?? 0) {
    labels.push(query.toString("latin1", at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join(".").toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 };
}

/** Makes an answer record: the question's name, type A, class IN, a time to live of zero, and the address. */
function recordOf(address: string): Buffer {
  return Buffer.from([0xc0, HEADER_BYTES, 0, TYPE_A, 0, 1, 0, 0, 0, 0, 0, 4, ...address.split(".").map(Number)]);
}
