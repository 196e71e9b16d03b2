import type { Command } from "@/cli/command";
import { EXIT } from "@/cli/failure";
import { McpBridge } from "@/cli/mcp-bridge";

/** Serves clients that start a program and exchange lines with it; clients that speak HTTP call the server directly. */
export const mcp: Command = {
  name: "mcp",
  usage: "",
  summary: "Serve an agent as an MCP server, by lines of standard input and output",
  help: [
    "Clients start it: docs/MCP.md has what to write into the settings of which.",
    "It asks the server that other commands ask, with the same token, and ends with its input.",
  ],
  async run(io) {
    const bridge = new McpBridge(io);
    const pending = new Set<Promise<void>>();
    for await (const line of io.lines()) {
      if (line.trim() === "") continue;
      const forwarding = bridge.forward(line).finally(() => pending.delete(forwarding));
      pending.add(forwarding);
    }
    // Requests already received are still answered after the input has ended.
    await Promise.all(pending);
    return EXIT.ok;
  },
};
