import type { Command } from "@/cli/command";
import { api } from "./api";
import { completion } from "./completion";
import { diff } from "./diff";
import { download } from "./download";
import { files } from "./files";
import { login } from "./login";
import { logout } from "./logout";
import { logs } from "./logs";
import { ls } from "./ls";
import { mcp } from "./mcp";
import { open } from "./open";
import { run } from "./run";
import { search } from "./search";
import { signIn } from "./sign-in";
import { status } from "./status";
import { top } from "./top";
import { whoami } from "./whoami";

export { callProcedure } from "./call";

/** The program's own commands. Every procedure of the API is a command too. */
export const commands: readonly Command[] = [
  ...[run, logs, ls, search, files, download, diff, top, status, open],
  ...[login, logout, whoami, signIn, api, mcp, completion],
];
