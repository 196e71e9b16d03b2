import { expect, test } from "vitest";
import { dialectOf } from "@/server/backends";
import { carryReasoning } from "./reasoning";
import { translateRequest } from "./request";
import { translate } from "./test/translate";

const ID = "0".repeat(32);
const text = (role: string, words: string, id?: string) => ({
  type: "message",
  role,
  content: [{ type: role === "assistant" ? "output_text" : "input_text", text: words }],
  ...(id ? { id } : {}),
});
const call = (id: string, args = '{"cmd":"ls"}') => ({
  type: "function_call",
  call_id: id,
  name: "exec_command",
  arguments: args,
});
const output = (id: string, words: unknown = "out") => ({ type: "function_call_output", call_id: id, output: words });
const messagesOf = (input: unknown, preset?: Parameters<typeof translate>[1]) =>
  translate({ model: "m", input }, preset).chat.messages;

test("leading instructions become one system message; later ones keep their place", () => {
  const input = [
    text("developer", "be brief"),
    text("system", "be kind"),
    text("user", "hi"),
    text("developer", "now loud"),
  ];
  const { messages } = translate({ model: "m", instructions: "you code", input }, "minimax").chat;
  expect(messages).toEqual([
    { role: "system", content: "you code\n\nbe brief\n\nbe kind" },
    { role: "user", content: "hi" },
    { role: "user", content: "<instructions>\nnow loud\n</instructions>" },
  ]);
  expect(messagesOf(input, "deepseek").at(-1)).toEqual({ role: "system", content: "now loud" });
});

test("parallel calls are one message with the text before them, each followed by its output", () => {
  const input = [
    text("user", "go"),
    text("assistant", "I look"),
    call("a"),
    call("b"),
    output("b", "B"),
    output("a", "A"),
  ];
  expect(messagesOf(input).slice(1)).toEqual([
    {
      role: "assistant",
      content: "I look",
      tool_calls: ["a", "b"].map((id) => ({
        id,
        type: "function",
        function: { name: "exec_command", arguments: '{"cmd":"ls"}' },
      })),
    },
    { role: "tool", tool_call_id: "a", content: "A" },
    { role: "tool", tool_call_id: "b", content: "B" },
  ]);
});

test("adds a missing output, sends an orphan output as text, and moves a late output to its call", () => {
  const input = [call("a"), text("user", "steer"), output("a"), call("b"), output("x", "lost")];
  expect(messagesOf(input)).toMatchObject([
    { role: "assistant", content: "", tool_calls: [{ id: "a" }] },
    { role: "tool", tool_call_id: "a", content: "out" },
    { role: "user", content: "steer" },
    { role: "assistant", tool_calls: [{ id: "b" }] },
    { role: "tool", tool_call_id: "b", content: "[no output of this call was recorded]" },
    { role: "user", content: "lost" },
  ]);
});

test("matches outputs to calls when a provider reuses ids in each answer", () => {
  const input = [call("call_0"), output("call_0", "1"), call("call_0"), output("call_0", "2")];
  expect(messagesOf(input).filter(({ role }) => role === "tool")).toMatchObject([{ content: "1" }, { content: "2" }]);
});

test("wraps arguments that are not JSON, which a provider would refuse from then on", () => {
  const input = [call("a", '{"cmd":'), call("b", ""), call("c", "[1]")];
  const [message] = messagesOf(input) as { tool_calls: { function: { arguments: string } }[] }[];
  expect(message?.tool_calls.map((one) => JSON.parse(one.function.arguments))).toEqual([
    { invalid_arguments: '{"cmd":' },
    {},
    { invalid_arguments: "[1]" },
  ]);
});

test("sends images where supported, and a text in their place elsewhere", () => {
  const image = { type: "input_image", image_url: "data:image/png;base64,AA", detail: "original" };
  const input = [
    { type: "message", role: "user", content: [{ type: "input_text", text: "see" }, image] },
    call("a"),
    output("a", [{ type: "input_text", text: "shown" }, image]),
  ];
  const shown = { type: "image_url", image_url: { url: "data:image/png;base64,AA" } };
  expect(messagesOf(input)).toMatchObject([
    { role: "user", content: [{ type: "text", text: "see" }, shown] },
    { role: "assistant" },
    { role: "tool", content: "shown" },
    { role: "user", content: [{ type: "text", text: "The images of exec_command (a):" }, shown] },
  ]);
  const without = messagesOf(input, "deepseek");
  expect(without[0]?.content).toContain("an image was left out");
  expect(without.at(-1)?.content).toContain("an image was left out");
});

test("sends a model's own reasoning back unchanged, and leaves out another model's", () => {
  const reasoning = (encrypted_content: string, id: string) => ({
    type: "reasoning",
    id,
    summary: [{ type: "summary_text", text: "\nwhy\n" }],
    encrypted_content,
  });
  const inline = [reasoning(carryReasoning("think", "\n\n"), `rs_${ID}_0`), text("assistant", "so", `msg_${ID}_1`)];
  expect(messagesOf(inline)).toEqual([{ role: "assistant", content: "<think>\nwhy\n</think>\n\nso" }]);
  const beside = [reasoning(carryReasoning("reasoning_content", ""), `rs_${ID}_0`), call("a"), output("a")];
  expect(messagesOf(beside)[0]).toMatchObject({ content: "", reasoning_content: "\nwhy\n" });
  const { chat, dropped } = translate({ model: "m", input: [reasoning("gAAAA", "rs_1"), text("assistant", "so")] });
  expect(chat.messages).toEqual([{ role: "assistant", content: "so" }]);
  expect(dropped).toEqual(["reasoning: it is of another model"]);
  expect(messagesOf([call("a"), output("a")], "deepseek")[0]).toMatchObject({ reasoning_content: "" });
});

test("joins consecutive messages of one role only where the preset wants it", () => {
  const input = [text("user", "a"), text("user", "b"), text("assistant", "half"), text("assistant", "whole")];
  expect(messagesOf(input)).toEqual([
    { role: "user", content: "a\n\nb" },
    { role: "assistant", content: "half\n\nwhole" },
  ]);
  expect(messagesOf(input, "minimax")).toHaveLength(3);
});

test("inserts a message between a tool's output and a user's message where the preset needs it", () => {
  const input = [
    text("user", "go"),
    call("call_1"),
    output("call_1"),
    text("user", "steer"),
    call("abcDEF123"),
    output("abcDEF123"),
  ];
  const messages = messagesOf(input, "mistral");
  expect(messages.map(({ role }) => role)).toEqual([
    "user",
    "assistant",
    "tool",
    "assistant",
    "user",
    "assistant",
    "tool",
  ]);
  expect(messages[3]?.content).toBe("Noted.");
  const short = expect.stringMatching(/^[0-9a-f]{9}$/);
  expect([messages[1], messages[2]]).toMatchObject([{ tool_calls: [{ id: short }] }, { tool_call_id: short }]);
  expect(messages.at(-1)).toMatchObject({ tool_call_id: "abcDEF123" });
});

test("every tool becomes a function under a stable name, or is left out with a reason", () => {
  const tools = [
    { type: "function", name: "exec_command", description: "runs", strict: null, parameters: { type: "object" } },
    { type: "function", name: "sure", strict: true },
    { type: "custom", name: "apply_patch", description: "patches", format: { syntax: "lark", definition: "start: x" } },
    {
      type: "namespace",
      name: "mcp__db__",
      tools: [{ type: "function", name: "query", parameters: {} }, { no: "type" }],
    },
    { type: "namespace", name: "n".repeat(60), tools: [{ type: "function", name: "long" }] },
    { type: "tool_search", execution: "client", parameters: { type: "object" } },
    { type: "web_search" },
    { type: "local_shell" },
  ];
  const found = { type: "tool_search_output", call_id: "s", tools: [{ type: "function", name: "late" }] };
  const { chat, tools: box, dropped } = translate({ model: "m", input: [found], tools });
  const functions = (chat.tools ?? []).map((tool) => tool.function);
  expect(functions.map(({ name }) => name)).toEqual([
    ...["exec_command", "sure", "apply_patch", "mcp__db__query"],
    expect.stringMatching(/^n{55}_[0-9a-f]{8}$/),
    ...["tool_search", "late"],
  ]);
  expect(functions[0]).toEqual({ name: "exec_command", description: "runs", parameters: { type: "object" } });
  expect(functions[1]).toEqual({ name: "sure", parameters: { type: "object", properties: {} }, strict: true });
  expect(functions[2]).toMatchObject({
    description: expect.stringContaining("start: x"),
    parameters: { required: ["input"] },
  });
  expect(box.meaningOf("mcp__db__query")).toEqual({ kind: "function", name: "query", namespace: "mcp__db__" });
  expect(dropped).toEqual([
    "a tool: it has no form that is known",
    "tool web_search: the provider would have to run it",
    "tool local_shell: the provider would have to run it",
  ]);
  expect(translate({ model: "m", input: "hi", tools }, "minimax").chat.tools?.[1]?.function).not.toHaveProperty(
    "strict",
  );
});

test("calls of freeform, found and namespaced tools go back under their known names", () => {
  const input = [
    { type: "custom_tool_call", call_id: "a", name: "apply_patch", input: "*** Begin" },
    { type: "function_call", call_id: "b", name: "query", namespace: "mcp__db__", arguments: "{}" },
    { type: "tool_search_call", call_id: "c", execution: "client", arguments: { query: "x" } },
    { type: "custom_tool_call_output", call_id: "a", output: "done" },
    { type: "function_call_output", call_id: "b", output: "" },
    { type: "tool_search_output", call_id: "c", tools: [{ type: "function", name: "late" }] },
  ];
  expect(messagesOf(input)).toMatchObject([
    {
      tool_calls: [
        { function: { name: "apply_patch", arguments: '{"input":"*** Begin"}' } },
        { function: { name: "mcp__db__query", arguments: "{}" } },
        { function: { name: "tool_search", arguments: '{"query":"x"}' } },
      ],
    },
    { content: "done" },
    { content: "[empty]" },
    { content: expect.stringContaining('"late"') },
  ]);
});

test("maps the other fields to each preset's parameters, and omits defaults", () => {
  const tools = [{ type: "function", name: "f" }];
  const schema = { type: "object" };
  const body = {
    ...{ model: "m", input: "hi", tools, stream: true, tool_choice: "auto", parallel_tool_calls: true },
    ...{ reasoning: { effort: "high", summary: "auto" }, max_output_tokens: 9, temperature: 0.5, store: false },
    text: { format: { type: "json_schema", name: "out", strict: true, schema } },
  };
  const plain = translate(body).chat;
  expect(plain).toMatchObject({
    ...{ stream: true, stream_options: { include_usage: true }, reasoning_effort: "high", max_tokens: 9 },
    ...{
      temperature: 0.5,
      response_format: { type: "json_schema", json_schema: { name: "out", schema, strict: true } },
    },
  });
  for (const key of ["tool_choice", "parallel_tool_calls", "store"]) expect(plain).not.toHaveProperty(key);
  const minimax = translate(body, "minimax").chat;
  expect(minimax).toMatchObject({ thinking: { type: "adaptive" }, max_completion_tokens: 9 });
  expect(minimax).not.toHaveProperty("response_format");
  expect(minimax.messages[0]).toEqual({ role: "system", content: expect.stringContaining('{"type":"object"}') });
  const deepseek = translate({ ...body, reasoning: { effort: "none" } }, "deepseek").chat;
  expect(deepseek).toMatchObject({ thinking: { type: "disabled" }, response_format: { type: "json_object" } });
  const named = translate({ ...body, tool_choice: { type: "function", name: "f" }, parallel_tool_calls: false }).chat;
  expect(named).toMatchObject({
    tool_choice: { type: "function", function: { name: "f" } },
    parallel_tool_calls: false,
  });
  const allowed = { type: "allowed_tools", mode: "required", tools: [{ type: "function", name: "g" }] };
  const two = [...tools, { type: "function", name: "g" }];
  const chosen = translate({ ...body, tools: two, tool_choice: allowed }).chat;
  expect([chosen.tool_choice, chosen.tools?.map((tool) => tool.function.name)]).toEqual(["required", ["g"]]);
});

test.each([
  ["no JSON", "{", /not a request of the Responses API/],
  ["no input", '{"model":"m"}', /input/],
  ["an input of numbers", '{"model":"m","input":[1]}', /input/],
  ["an answer that nobody keeps", '{"model":"m","input":"hi","previous_response_id":"r"}', /previous_response_id/],
])("refuses a body with %s, with the reason", (_what, body, why) => {
  expect(() => translateRequest(body, dialectOf("codex", {}))).toThrow(why);
});

test("a profile named after its provider uses its preset unless configured otherwise", () => {
  expect(dialectOf("minimax-m3", {})).toBe(dialectOf("other", { preset: "minimax" }));
  expect(dialectOf("deepseek", {})).toBe(dialectOf("other", { preset: "deepseek" }));
  expect(dialectOf("minimax-m3", { preset: "openai-chat" })).toBe(dialectOf("constructor", {}));
});
