import {
  type CallToolResult,
  type ListToolsResult,
  ProtocolError,
  ProtocolErrorCode,
  Server,
} from "@modelcontextprotocol/server";
import { type AgentRunError, errorBody } from "@/server/errors";
import { faultFrom } from "@/server/rest";
import { inputFault } from "@/server/trpc/init";
import { VERSION } from "@/server/version";
import { INSTRUCTIONS } from "./instructions";
import { maySee, type Tool, type ToolAnswer, type ToolCall } from "./tool";
import { TOOLS } from "./tools";

const BY_NAME = new Map(TOOLS.map((tool) => [tool.name, tool]));

/** Clients are never asked anything, so nothing needs validating; the library's own validator is costly to create. */
const noValidator = {
  getValidator(): never {
    throw new Error("this server asks its clients nothing");
  },
};

/** Creates the protocol's server for one request, with the tools that its caller may see and call. */
export function mcpServer(call: ToolCall): Server {
  const server = new Server(
    { name: "agentrun", title: "AgentRun", version: VERSION },
    { capabilities: { tools: {} }, instructions: INSTRUCTIONS, jsonSchemaValidator: noValidator },
  );
  server.setRequestHandler("tools/list", () => ({
    tools: TOOLS.filter((tool) => maySee(tool, call.ctx)).map(described),
  }));
  server.setRequestHandler("tools/call", ({ params }) => {
    const tool = BY_NAME.get(params.name);
    if (!tool)
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, `there is no tool ${params.name.slice(0, 100)}`);
    return runTool(tool, call, params.arguments ?? {});
  });
  return server;
}

type Described = ListToolsResult["tools"][number];

function described({ name, title, description, schema, nature, isIdempotent }: Tool): Described {
  return {
    name,
    title,
    description,
    inputSchema: { ...schema, type: "object" } as Described["inputSchema"],
    annotations: {
      readOnlyHint: nature === "reads",
      destructiveHint: nature === "destroys",
      idempotentHint: isIdempotent,
      openWorldHint: false,
    },
  };
}

/** Runs a tool. A refusal is a result too, so that the model can read it and correct its call. */
async function runTool(tool: Tool, call: ToolCall, input: unknown): Promise<CallToolResult> {
  try {
    const parsed = tool.input.safeParse(input);
    if (!parsed.success) throw inputFault(parsed.error);
    return toCallResult(await tool.run(call, parsed.data));
  } catch (error) {
    return refused(faultFrom(error), call);
  }
}

/** The text repeats the structured content, for clients that show their model nothing else. */
function toCallResult(answer: ToolAnswer): CallToolResult {
  const text = JSON.stringify(answer);
  return { content: [{ type: "text", text }], structuredContent: JSON.parse(text) as ToolAnswer };
}

function refused(fault: AgentRunError, { ctx }: ToolCall): CallToolResult {
  // Procedures log their own unexpected errors; errors of the tool itself appear only here.
  if (fault.reason === "unexpected")
    ctx.service?.log.error({ err: fault.cause, requestId: ctx.requestId }, "unexpected error in a tool");
  const error = errorBody(fault, ctx.requestId);
  const text = `${error.message} (${error.reason}, request ${error.requestId})`;
  return { content: [{ type: "text", text }], structuredContent: { error }, isError: true };
}
