import type { ServerResponse } from "node:http";
import type { Said } from "@/server/gateway/chat/test/provider";

/** Begins an answer of the Responses API and sends a part of it, without ending it. */
export function beginResponse(res: ServerResponse, text: string): void {
  res.writeHead(200, { "content-type": "text/event-stream" });
  say(res, "response.created", { response: { id: "resp_1", object: "response", status: "in_progress", output: [] } });
  const item = { type: "message", id: "msg_half", role: "assistant", content: [] };
  say(res, "response.output_item.added", { output_index: 0, item });
  say(res, "response.output_text.delta", { item_id: item.id, output_index: 0, content_index: 0, delta: text });
}

/** Sends the whole answer, as a provider of the Responses API would stream it. */
export function streamResponse(res: ServerResponse, { text = "", calls = [] }: Said): void {
  answers += 1;
  const id = `resp_${answers}`;
  res.writeHead(200, { "content-type": "text/event-stream" });
  say(res, "response.created", { response: { id, object: "response", status: "in_progress", output: [] } });
  const message = { type: "message", id: `msg_${answers}`, role: "assistant", content: [] as object[] };
  say(res, "response.output_item.added", { output_index: 0, item: message });
  for (const delta of text.match(/[\s\S]{1,400}/g) ?? [])
    say(res, "response.output_text.delta", { item_id: message.id, output_index: 0, content_index: 0, delta });
  const item = { ...message, content: [{ type: "output_text", text, annotations: [] }] };
  say(res, "response.output_item.done", { output_index: 0, item });
  for (const [index, { name, args }] of calls.entries()) {
    const call_id = `call_${answers}_${index}`;
    const call = {
      type: "function_call",
      id: `fc_${answers}_${index}`,
      call_id,
      name,
      arguments: JSON.stringify(args),
    };
    say(res, "response.output_item.done", { output_index: index + 1, item: call });
  }
  const usage = { input_tokens: 100, output_tokens: 20, total_tokens: 120 };
  say(res, "response.completed", { response: { id, object: "response", status: "completed", output: [], usage } });
  res.end();
}

export function say(res: ServerResponse, type: string, fields: object): void {
  res.write(`event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`);
}

let answers = 0;
