import { request } from "node:http";

export type SseFrame = { id: string | null; event: string; data: unknown };

export interface SseReader extends AsyncDisposable {
  status: number;
  frames: SseFrame[];
  /** The last id that a frame carried, as an EventSource would send it back. */
  lastId: string | null;
  /** Resolves when the frames satisfy a condition. */
  until(condition: (frames: SseFrame[]) => boolean): Promise<SseFrame[]>;
  /** Resolves when the server has ended or cut the stream. */
  ended: Promise<void>;
  close(): void;
}

/** Reads server-sent events as a browser does, but with headers that a browser could not send. */
export async function openSse(url: string, headers: Record<string, string>): Promise<SseReader> {
  const waiters = new Set<() => void>();
  const frames: SseFrame[] = [];
  let end: () => void = () => {};
  const reader: SseReader = {
    status: 0,
    frames,
    lastId: null,
    until: (condition) =>
      new Promise((resolve) => {
        const check = () => {
          if (!condition(frames)) return;
          waiters.delete(check);
          resolve(frames);
        };
        waiters.add(check);
        check();
      }),
    ended: new Promise((resolve) => {
      end = resolve;
    }),
    close: () => outgoing.destroy(),
    [Symbol.asyncDispose]: async () => void outgoing.destroy(),
  };
  const outgoing = request(url, { headers: { accept: "text/event-stream", ...headers }, agent: false });
  outgoing.on("error", () => end());
  let text = "";
  await new Promise<void>((resolve, reject) => {
    outgoing.once("error", reject);
    outgoing.once("response", (response) => {
      reader.status = response.statusCode ?? 0;
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        const parts = (text + chunk).split("\n\n");
        text = parts.pop() ?? "";
        for (const part of parts) parseFrame(part, reader);
        for (const check of [...waiters]) check();
      });
      response.once("close", () => end());
      resolve();
    });
    outgoing.end();
  });
  return reader;
}

function parseFrame(part: string, reader: SseReader): void {
  let id: string | null = null;
  let event = "message";
  const data: string[] = [];
  for (const line of part.split("\n")) {
    if (line.startsWith("id: ")) id = line.slice(4);
    else if (line.startsWith("event: ")) event = line.slice(7);
    else if (line.startsWith("data: ")) data.push(line.slice(6));
  }
  if (id !== null) reader.lastId = id;
  if (data.length > 0) reader.frames.push({ id, event, data: JSON.parse(data.join("\n")) });
}
