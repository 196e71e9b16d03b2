import type { Command } from "@/cli/command";
import { EXIT, UsageError } from "@/cli/failure";

/** Prints where the console shows a session, run, task or other record with an id. */
export const open: Command = {
  name: "open",
  usage: "ID",
  summary: "The console's address of anything that has an id",
  async run(io, { words: [id = "", ...more] }) {
    if (id === "" || more.length > 0) throw new UsageError("open takes one id", "agentrun open SESSION");
    io.out(`${io.client.url}/r/${encodeURIComponent(id)}`);
    return EXIT.ok;
  },
};
