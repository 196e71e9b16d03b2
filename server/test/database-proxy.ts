import { connect, createServer, type Socket } from "node:net";

export interface DatabaseProxy extends AsyncDisposable {
  url: string;
  /** Breaks every connection and refuses new ones, like a database that is gone. */
  cut(): void;
  /** Lets new connections through again. */
  restore(): void;
  /** Passes nothing on any more and closes nothing, as if a machine on one side had lost its power. */
  silence(): void;
}

/**
 * Starts a proxy before a database, which can be cut. With `losesNotifications` it drops what LISTEN would bring, as a
 * pool in transaction mode does. With `delayMs` every answer comes that much later, as on a busy machine.
 */
export async function startDatabaseProxy(
  databaseUrl: string,
  options: { losesNotifications?: boolean; delayMs?: number } = {},
): Promise<DatabaseProxy> {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  let isCut = false;
  let isSilent = false;
  const server = createServer((client) => {
    if (isCut) return void client.destroy();
    if (isSilent) return void sockets.add(client.pause());
    const database = connect(Number(target.port), target.hostname);
    for (const socket of [client, database]) {
      sockets.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => {
        sockets.delete(socket);
        if (isSilent) return;
        client.destroy();
        database.destroy();
      });
    }
    client.pipe(database);
    const { losesNotifications, delayMs } = options;
    if (losesNotifications) passWithoutNotifications(database, client);
    else if (delayMs !== undefined) database.on("data", (chunk) => setTimeout(() => client.write(chunk), delayMs));
    else database.pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = new URL(databaseUrl);
  url.hostname = "127.0.0.1";
  url.port = String((server.address() as { port: number }).port);
  const cut = () => {
    isCut = true;
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: url.href,
    cut,
    restore: () => {
      isCut = false;
      isSilent = false;
    },
    silence() {
      isSilent = true;
      for (const socket of sockets) socket.unpipe().pause();
    },
    async [Symbol.asyncDispose]() {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A message of the server has a type byte and a length; `A` is a notification. */
function passWithoutNotifications(database: Socket, client: Socket): void {
  let rest = Buffer.alloc(0);
  database.on("data", (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 5 && rest.length > rest.readUInt32BE(1)) {
      const size = rest.readUInt32BE(1) + 1;
      if (rest[0] !== 0x41) client.write(rest.subarray(0, size));
      rest = rest.subarray(size);
    }
  });
}
