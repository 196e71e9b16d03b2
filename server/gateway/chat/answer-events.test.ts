import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { carryReasoning } from "./reasoning";
import { eventsOf, normal, responseOf } from "./test/conversation";
import { delta, USAGE } from "./test/provider";

const typesOf = (events: { type: string }[]) => events.map(({ type }) => type.replace("response.", ""));
const outputOf = (chunks: unknown[], body?: Record<string, unknown>) => responseOf(eventsOf(chunks, body)).output;
const piece = (index: number | undefined, fields: { id?: string; name?: string; arguments?: unknown }) => {
  const { id, ...named } = fields;
  return delta({ tool_calls: [{ ...(index === undefined ? {} : { index }), ...(id ? { id } : {}), function: named }] });
};

test("a text answer yields the whole numbered sequence of events, with its usage", () => {
  const events = eventsOf([delta({ content: "al" }), delta({ content: "l" }, "stop"), { choices: [], usage: USAGE }]);
  expect(typesOf(events)).toEqual([
    ...["created", "in_progress", "output_item.added", "content_part.added", "output_text.delta", "output_text.delta"],
    ...["output_text.done", "content_part.done", "output_item.done", "completed"],
  ]);
  expect(events.map((event) => event.sequence_number)).toEqual(events.map((_event, index) => index));
  const content = [{ type: "output_text", text: "all", annotations: [] }];
  const item = { type: "message", id: expect.stringMatching(/^msg_/), status: "completed", role: "assistant", content };
  expect(events.at(-2)).toMatchObject({ item });
  expect(responseOf(events)).toMatchObject({
    ...{ object: "response", status: "completed", model: "m", output: [item], error: null },
    usage: {
      ...{ input_tokens: 100, input_tokens_details: { cached_tokens: 40 }, total_tokens: 120 },
      ...{ output_tokens: 20, output_tokens_details: { reasoning_tokens: 5 } },
    },
  });
});

test("usage holds the reported counts, and is absent when input or output was not counted", () => {
  const usageOf = (...told: unknown[]) =>
    responseOf(eventsOf([delta({ content: "all" }, "stop"), ...told.map((usage) => ({ choices: [], usage }))])).usage;
  expect(usageOf({ prompt_tokens: 7, completion_tokens: 0 })).toEqual({
    ...{ input_tokens: 7, output_tokens: 0, total_tokens: 7 },
  });
  expect(usageOf({ prompt_tokens: 7, completion_tokens: 3, prompt_cache_hit_tokens: 0 })).toEqual({
    ...{ input_tokens: 7, input_tokens_details: { cached_tokens: 0 }, output_tokens: 3, total_tokens: 10 },
  });
  // The missing number is the rest of the sum.
  expect(usageOf({ prompt_tokens: 7, total_tokens: 10 })).toMatchObject({ input_tokens: 7, output_tokens: 3 });
  for (const none of [{}, { total_tokens: 9 }, { prompt_tokens: 7 }, { prompt_tokens: null, completion_tokens: "3" }])
    expect(usageOf(none)).toBeUndefined();
  expect(usageOf(USAGE, {})).toMatchObject({ input_tokens: 100 });
  // The provider counts reasoning beside the answer's tokens; the output includes both, as prices need it.
  const completion_tokens_details = { reasoning_tokens: 1_000 };
  for (const total of [{ total_tokens: 1_110 }, {}])
    expect(usageOf({ prompt_tokens: 100, completion_tokens: 10, completion_tokens_details, ...total })).toMatchObject({
      input_tokens: 100,
      output_tokens: 1_010,
      total_tokens: 1_110,
    });
});

test("reasoning precedes the text, and carries how it is sent back", () => {
  const inline = eventsOf([delta({ content: "<th" }), delta({ content: "ink>why</think>\n\nso" }, "stop")]);
  expect(typesOf(inline)).toEqual([
    ...["created", "in_progress", "output_item.added", "reasoning_summary_part.added", "reasoning_summary_text.delta"],
    ...["reasoning_summary_text.done", "reasoning_summary_part.done", "output_item.done", "output_item.added"],
    ...["content_part.added", "output_text.delta", "output_text.done", "content_part.done", "output_item.done"],
    "completed",
  ]);
  const reasoning = { type: "reasoning", summary: [{ type: "summary_text", text: "why" }] };
  const said = { type: "message", content: [{ text: "so" }] };
  expect(responseOf(inline).output).toMatchObject([
    { ...reasoning, encrypted_content: carryReasoning("think", "\n\n") },
    said,
  ]);
  for (const field of ["reasoning_content", "reasoning"] as const)
    expect(
      outputOf([delta({ [field]: "w", content: null }), delta({ [field]: "hy" }), delta({ content: "so" }, "stop")]),
    ).toMatchObject([{ ...reasoning, encrypted_content: carryReasoning(field, "") }, said]);
});

test("joins calls sent in pieces, and completes them only at the end of the answer", () => {
  const events = eventsOf([
    delta({ content: "<think>x</think>\n" }),
    piece(0, { id: "a", name: "exec_command" }),
    piece(1, { id: "b", name: "exec_command", arguments: "" }),
    piece(1, { arguments: '{"cmd":' }),
    piece(0, { arguments: '{"cmd":"1"}' }),
    piece(1, { arguments: '"2"}' }),
    delta({}, "tool_calls"),
  ]);
  const [reasoning, ...calls] = responseOf(events).output;
  expect(reasoning.encrypted_content).toBe(carryReasoning("think", "\n"));
  expect(calls).toMatchObject([
    { type: "function_call", call_id: "a", name: "exec_command", arguments: '{"cmd":"1"}', status: "completed" },
    { type: "function_call", call_id: "b", name: "exec_command", arguments: '{"cmd":"2"}', status: "completed" },
  ]);
  const types = typesOf(events);
  expect(types.slice(types.lastIndexOf("function_call_arguments.delta") + 1)).toEqual([
    ...["function_call_arguments.done", "output_item.done", "function_call_arguments.done", "output_item.done"],
    "completed",
  ]);
});

test.each([
  [
    "whole in one chunk",
    [piece(0, { id: "a", name: "f", arguments: "{}" }), piece(1, { id: "b", name: "f", arguments: "{}" })],
  ],
  [
    "all under one index",
    [piece(0, { id: "a", name: "f", arguments: "{}" }), piece(0, { id: "b", name: "f", arguments: "{}" })],
  ],
  [
    "without an index",
    [
      piece(undefined, { id: "a", name: "f" }),
      piece(undefined, { arguments: "{}" }),
      piece(undefined, { id: "b", name: "f", arguments: {} }),
    ],
  ],
  [
    "with id and name in every piece",
    [
      piece(0, { id: "a", name: "f", arguments: "{" }),
      piece(0, { id: "a", name: "f", arguments: "}" }),
      piece(1, { id: "b", name: "f" }),
    ],
  ],
  [
    "with the name after its arguments",
    [piece(0, { id: "a", arguments: "{" }), piece(0, { name: "f", arguments: "}" }), piece(1, { id: "b", name: "f" })],
  ],
])("separates two calls that come %s", (_how, chunks) => {
  const output = outputOf([...chunks, delta({}, "stop")]);
  expect(output).toMatchObject([
    { call_id: "a", name: "f", arguments: "{}" },
    { call_id: "b", name: "f", arguments: "{}" },
  ]);
});

test("separates calls without ids under one index by their complete arguments", () => {
  const named = (fields: object) => piece(0, { name: "f", ...fields });
  const calls = outputOf([
    named({ arguments: '{"n":1}' }),
    named({ arguments: '{"n":2' }),
    // The call goes on, although it is named again.
    named({ arguments: "}" }),
    piece(0, { arguments: " " }),
    named({}),
    piece(0, { arguments: '{"n":3}' }),
    delta({}, "tool_calls"),
  ]);
  expect(calls.map((call: { arguments: string }) => JSON.parse(call.arguments))).toEqual([
    { n: 1 },
    { n: 2 },
    { n: 3 },
  ]);
  expect(new Set(calls.map((call: { call_id: string }) => call.call_id)).size).toBe(3);
});

test("gives a call its own id when it has none or a used one", () => {
  const input = [{ type: "function_call", call_id: "call_0", name: "f", arguments: "{}" }];
  const chunks = [piece(0, { name: "f" }), piece(1, { id: "call_0", name: "f" }), piece(2, { id: "c", name: "f" })];
  const ids = outputOf([...chunks, delta({}, "tool_calls")], { input }).map(
    (item: { call_id: string }) => item.call_id,
  );
  expect(ids).toEqual([
    expect.stringMatching(/^call_[0-9a-f]{32}$/),
    expect.stringMatching(/^call_[0-9a-f]{32}$/),
    "c",
  ]);
  expect(new Set(ids).size).toBe(3);
});

test("returns calls of freeform and namespaced tools as such", () => {
  const tools = [
    { type: "custom", name: "apply_patch" },
    { type: "namespace", name: "db", tools: [{ type: "function", name: "query" }] },
    { type: "tool_search", execution: "client" },
  ];
  const chunks = [
    piece(0, { id: "a", name: "apply_patch", arguments: '{"input":"*** Begin\\n"}' }),
    piece(1, { id: "b", name: "db__query", arguments: "{}" }),
    piece(2, { id: "c", name: "tool_search", arguments: '{"query":"x"}' }),
    piece(3, { id: "d", name: "apply_patch", arguments: "*** Bare" }),
  ];
  expect(outputOf([...chunks, delta({}, "tool_calls")], { tools })).toMatchObject([
    { type: "custom_tool_call", call_id: "a", name: "apply_patch", input: "*** Begin\n" },
    { type: "function_call", call_id: "b", name: "query", namespace: "db", arguments: "{}" },
    { type: "tool_search_call", call_id: "c", execution: "client", arguments: { query: "x" } },
    { type: "custom_tool_call", call_id: "d", input: "*** Bare" },
  ]);
});

test("drops messages of only white space, and returns a refusal as text", () => {
  expect(
    outputOf([delta({ content: "\n\n" }), piece(0, { id: "a", name: "f" }), delta({}, "tool_calls")]),
  ).toHaveLength(1);
  expect(outputOf([delta({ refusal: "I will not" }, "stop")])).toMatchObject([{ content: [{ text: "I will not" }] }]);
  expect(outputOf([delta({ content: [{ type: "text", text: "in parts" }] }, "stop")])).toMatchObject([
    { content: [{ text: "in parts" }] },
  ]);
});

test.each([
  ["length", "max_output_tokens"],
  ["content_filter", "content_filter"],
])("an answer stopped by %s is incomplete, and yields no possibly truncated call", (finish, reason) => {
  const events = eventsOf([
    delta({ content: "ha" }),
    piece(0, { id: "a", name: "f", arguments: '{"cmd":"rm' }),
    delta({}, finish),
  ]);
  expect(events.at(-1)?.type).toBe("response.incomplete");
  expect(responseOf(events)).toMatchObject({
    status: "incomplete",
    incomplete_details: { reason },
    output: [{ type: "message" }, { type: "function_call", status: "incomplete" }],
  });
  expect(
    events.filter(({ type, item }) => type.endsWith("item.done") && (item as { type: string }).type !== "message"),
  ).toEqual([]);
});

test.each([
  ["is cut", [delta({ content: "ha" })], "server_error", "cut off"],
  ["is cut within a call", [piece(0, { id: "a", name: "f", arguments: "{" })], "server_error", "cut off"],
  ["never began", [], "server_error", "cut off"],
  [
    "fails",
    [delta({ content: "ha" }), { error: { message: "no: sk-the-key", code: 500 } }],
    "server_error",
    "no: [redacted]",
  ],
  ["fails in a form of its own", [{ error: { detail: ["odd"] } }], "server_error", '{"detail":["odd"]}'],
  ["fails in words alone", [{ error: "overloaded" }], "server_error", "overloaded"],
  [
    "fails in MiniMax's way",
    [{ base_resp: { status_code: 1002, status_msg: "slow down" } }],
    "rate_limit_exceeded",
    "slow down",
  ],
  [
    "is too long to answer",
    [{ error: { message: "This model's maximum context length is 8192 tokens." } }],
    "context_length_exceeded",
    "This model's maximum context length is 8192 tokens.",
  ],
  [
    "is too long by its code",
    [{ error: { code: "context_length_exceeded", type: "invalid_request_error", message: "wait, no" } }],
    "context_length_exceeded",
    "wait, no",
  ],
  [
    "is one of too many, by its code",
    [{ error: { code: "rate_limit_exceeded", type: "tokens", message: "Request too large: 9000 tokens." } }],
    "rate_limit_exceeded",
    "Request too large: 9000 tokens.",
  ],
  [
    "is one of too many, by its words alone",
    [{ error: { message: "Too many tokens: your rate limit is 8000 tokens per minute." } }],
    "server_error",
    "Too many tokens: your rate limit is 8000 tokens per minute.",
  ],
  ["ran out of money", [{ error: { code: "insufficient_quota", message: "pay" } }], "insufficient_quota", "pay"],
  [
    "ends in a word nobody knows",
    [delta({ content: "ha" }, "abort")],
    "server_error",
    "the provider ended its answer with abort",
  ],
  [
    "tells of a call and sends none",
    [delta({ content: "ha" }, "tool_calls")],
    "server_error",
    "the provider told of a call and did not send it",
  ],
  [
    "has a call without a name",
    [piece(0, { id: "a", arguments: "{}" }), delta({}, "stop")],
    "server_error",
    "the provider told of a call and did not send it",
  ],
])("an answer that %s is a failed response", (_what, chunks, code, message) => {
  const events = eventsOf(chunks);
  expect(events.at(-1)?.type).toBe("response.failed");
  expect(responseOf(events)).toMatchObject({ status: "failed", error: { code, message } });
  expect(events.filter(({ type }) => type === "response.completed")).toEqual([]);
});

test("a whole answer yields the same events as a streamed one", () => {
  const message = {
    role: "assistant",
    content: "<think>why</think>\nso",
    tool_calls: [{ id: "a", type: "function", function: { name: "f", arguments: "{}" } }],
  };
  const whole = eventsOf([{ choices: [{ index: 0, message, finish_reason: "tool_calls" }], usage: USAGE }]);
  const pieces = eventsOf([
    delta({ content: message.content }),
    piece(0, { id: "a", name: "f", arguments: "{}" }),
    { ...delta({}, "tool_calls"), usage: USAGE },
  ]);
  expect(normal(whole)).toEqual(normal(pieces));
});

test.each([
  ["text", (piece: string) => delta({ content: piece })],
  ["reasoning", (piece: string) => delta({ reasoning_content: piece })],
  ["arguments", (piece: string) => delta({ tool_calls: [{ index: 0, function: { name: "f", arguments: piece } }] })],
  ["calls", (piece: string) => delta({ tool_calls: [{ id: randomUUID(), function: { name: piece, arguments: {} } }] })],
])("ends an endless answer with an error (%s)", (_what, say) => {
  const piece = "x".repeat(1024 * 1024);
  const whole = eventsOf([...Array.from({ length: 15 }, () => say(piece)), delta({}, "stop")]);
  expect(responseOf(whole).status).toBe("completed");
  const endless = eventsOf(Array.from({ length: 17 }, () => say(piece)));
  expect(responseOf(endless)).toMatchObject({
    ...{ status: "failed", error: { message: "the provider failed: its answer is longer than 16 MB" } },
  });
});
