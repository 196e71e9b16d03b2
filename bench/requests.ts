import { Agent, type IncomingMessage, request } from "node:http";
import { TOKEN } from "./web";

const agent = new Agent({ keepAlive: true, maxSockets: 128 });

/** One POST of a tRPC mutation; throws what the server refused. */
export async function mutate(url: string, procedure: string, input: unknown): Promise<unknown> {
  const body = JSON.stringify(input);
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const sent = request(`${url}/api/trpc/${procedure}`, {
      agent,
      method: "POST",
      headers: {
        authorization: `Bearer ${TOKEN}`,
        "content-type": "application/json",
        "content-length": Buffer.byteLength(body),
      },
    });
    sent.on("response", resolve).on("error", reject);
    sent.end(body);
  });
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  if (answer.statusCode !== 200) throw new Error(`${procedure}: ${answer.statusCode} ${text.slice(0, 200)}`);
  return (JSON.parse(text) as { result: { data: unknown } }).result.data;
}

export function closeRequests(): void {
  agent.destroy();
}
