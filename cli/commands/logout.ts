import type { Command } from "@/cli/command";
import { EXIT, errorLines, exitCodeOf, UsageError } from "@/cli/failure";
import type { Io } from "@/cli/io";
import { revokeLogin } from "@/cli/revoke-login";
import { parseOrigin } from "@/cli/server-target";

/** Ends a sign-in of `login`, here and at the server. */
export const logout: Command = {
  name: "logout",
  usage: "[ADDRESS]",
  summary: "End what login was given, here and at the server",
  help: ["Without an address the server that other commands ask; where none is named, else the last login's."],
  async run(io, { words: [address, ...more] }) {
    if (more.length > 0) throw new UsageError("logout takes one address", "agentrun logout http://127.0.0.1:3000");
    const { credentials } = io;
    const url = address === undefined ? defaultUrl(io) : parseOrigin(address);
    const login = credentials.find(url);
    if (login === null) throw new UsageError(`nobody is signed in to ${url} here`, `agentrun login ${url}`);
    let failure: unknown = null;
    const wasGood = await revokeLogin(io, url, login).catch((error: unknown) => {
      failure = error;
      return false;
    });
    const code = failure === null ? EXIT.ok : exitCodeOf(failure);
    if (code === undefined) throw failure;
    // Whoever signs out wants the token gone from this machine, whatever the server says.
    credentials.remove(url, login.tokenId);
    if (failure === null) io.note(`signed out of ${url}${wasGood ? "" : ": its token had ended before"}`);
    else {
      io.note(`agentrun: forgotten here, and still good at the server: ${errorLines(failure)[0]}`);
      io.note("  try: revoke it in the console (Settings, Personal tokens)");
    }
    return code;
  },
};

function defaultUrl({ credentials, server }: Io): string {
  const isElsewhere = server.by !== "name" && credentials.find(server.url) === null;
  return (isElsewhere ? credentials.lastUrl() : null) ?? server.url;
}
