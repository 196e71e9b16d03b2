import type { Command } from "@/cli/command";
import { EXIT, UsageError } from "@/cli/failure";
import type { Io } from "@/cli/io";
import { plainLine } from "@/cli/plain";
import { printJson } from "@/cli/print";
import type { TokenSource } from "@/cli/server-target";
import type { Identity } from "@/contract/identity";

/** Prints which server is asked, who the caller is, what they may do there, and where the token came from. */
export const whoami: Command = {
  name: "whoami",
  usage: "",
  summary: "Who asks which server, what they may do, and by which token",
  async run(io, { words }) {
    if (words.length > 0) throw new UsageError("whoami takes nothing", "agentrun whoami");
    const me = await io.client.call<Identity>({ method: "GET", path: "/me" });
    const from = tokenSource(io);
    if (io.form !== "table") printJson(io, { url: io.client.url, ...me, from });
    else
      for (const [name, value] of [
        ["server", io.client.url],
        ["name", me.name],
        ["role", me.role],
        ["tenant", me.tenantId ?? "all"],
        ["scopes", me.scopes?.join(", ") ?? "all that the role may"],
        ["token", from ?? "none"],
        ["ends", me.expiresAt ?? "never by itself"],
      ] as const)
        io.out(`${io.style("dim", name.padEnd(8))}${plainLine(value)}`);
    return EXIT.ok;
  },
};

function tokenSource({ server, credentials }: Io): string | null {
  const sources: Record<TokenSource, string> = {
    environment: "AGENTRUN_TOKEN",
    login: credentials.file,
    "data-folder": "secrets.json of the data folder",
  };
  return server.source === null ? null : sources[server.source];
}
