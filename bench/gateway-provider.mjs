// A model provider for bench/gateway.ts, in a process of its own. Its model says how it answers: "short" at once,
// "stream" with EVENTS_PER_SECOND pieces a second until the caller goes. Prints its port.
import { createServer } from "node:http";

const TICK_MS = 1_000 / Number(process.env.EVENTS_PER_SECOND ?? 100);
const TEXT = "word ".repeat(8);
const responses = {
  delta: `event: response.output_text.delta\ndata: ${JSON.stringify({ type: "response.output_text.delta", item_id: "msg_1", output_index: 0, content_index: 0, delta: TEXT })}\n\n`,
  end: `event: response.completed\ndata: ${JSON.stringify({ type: "response.completed", response: { id: "resp_1", status: "completed", output: [], usage: { input_tokens: 10, output_tokens: 5 } } })}\n\n`,
};
const chat = {
  delta: `data: ${JSON.stringify({ id: "c1", object: "chat.completion.chunk", choices: [{ index: 0, delta: { content: TEXT } }] })}\n\n`,
  end: `data: ${JSON.stringify({ id: "c1", object: "chat.completion.chunk", choices: [{ index: 0, delta: {}, finish_reason: "stop" }], usage: { prompt_tokens: 10, completion_tokens: 5 } })}\n\ndata: [DONE]\n\n`,
};
const streams = new Set();
setInterval(() => {
  for (const stream of streams) stream.res.write(stream.words.delta);
}, TICK_MS);

const server = createServer((req, res) => {
  if (req.method === "GET") return res.end(JSON.stringify({ object: "list", data: [] }));
  let body = "";
  req.setEncoding("utf8").on("data", (chunk) => {
    body += chunk;
  });
  req.on("end", () => {
    const words = req.url.endsWith("/chat/completions") ? chat : responses;
    res.writeHead(200, { "content-type": "text/event-stream" });
    if (JSON.parse(body).model === "short") return res.end(words.delta + words.end);
    const stream = { res, words };
    streams.add(stream);
    res.on("close", () => streams.delete(stream));
  });
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
process.stdin.on("close", () => process.exit(0)).resume();
