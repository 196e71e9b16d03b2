import type { Command } from "@/cli/command";
import { EXIT } from "@/cli/failure";
import { plainLine } from "@/cli/plain";
import { printJson } from "@/cli/print";
import { formatTable } from "@/cli/table";
import type { ServerStatus } from "@/contract/status";

/** Prints whether every part of the server works; the exit code says the same. */
export const status: Command = {
  name: "status",
  usage: "",
  summary: "How the server's parts stand",
  async run(io) {
    const serverStatus = await io.client.call<ServerStatus>({ method: "GET", path: "/status" });
    const parts = toParts(serverStatus);
    if (io.form === "table") {
      const columns = [
        { name: "PART", of: ([part]: Part) => part },
        { name: "STANDS", of: ([, isGood]: Part) => (isGood ? "good" : "bad") },
        { name: "WHAT", of: ([, , detail]: Part) => plainLine(detail), canBeCut: true as const },
      ];
      for (const line of formatTable(parts, columns, io)) io.out(line);
    } else printJson(io, serverStatus);
    return parts.every(([, isGood]) => isGood) ? EXIT.ok : EXIT.failed;
  },
};

type Part = [name: string, isGood: boolean, detail: string];

function toParts({ web, worker, loops, database, migrations, archive, volumes, executor }: ServerStatus): Part[] {
  return [
    ["web", true, `${web.version}, since ${web.startedAt}`],
    ["worker", !worker.isAway, worker.seenAt === null ? "never seen" : `seen ${worker.seenAt}`],
    ["database", migrations.missing.length === 0, `${database.version}, ${migrations.applied} migrations`],
    ["archive", archive.isReachable, archive.message ?? ""],
    ["volumes", volumes.isReachable, volumes.message ?? volumes.provider],
    ["executor", executor.isReachable !== false, executor.kind],
    ...loops
      .filter(({ state }) => state !== "good")
      .map(({ name, state, failure }): Part => [`loop ${name}`, false, [state, failure].filter(Boolean).join(": ")]),
  ];
}
