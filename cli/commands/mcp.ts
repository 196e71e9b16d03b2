import type { Command } from "@/cli/command";
import { EXIT } from "@/cli/failure";
import { McpBridge } from "@/cli/mcp-bridge";

/** For clients that start a program and talk to it by lines; those that speak HTTP ask the server themselves. */
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
    const underWay = new Set<Promise<void>>();
    for await (const line of io.lines()) {
      if (line.trim() === "") continue;
      const answering = bridge.forward(line).finally(() => underWay.delete(answering));
      underWay.add(answering);
    }
    // What was asked is answered, also where nothing more will be.
    await Promise.all(underWay);
    return EXIT.ok;
  },
};
