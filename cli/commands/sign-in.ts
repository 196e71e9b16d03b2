import type { Command } from "@/cli/command";
import { EXIT, UsageError } from "@/cli/failure";
import { plainLine } from "@/cli/plain";
import { printJson } from "@/cli/print";
import type { SignInLink } from "@/contract/identity";

/** Prints a link that signs one browser in as the caller, once. */
export const signIn: Command = {
  name: "sign-in",
  usage: "",
  summary: "A link that signs a browser in to the console, once, within ten minutes",
  async run(io, { words }) {
    if (words.length > 0) throw new UsageError("sign-in takes nothing", "agentrun sign-in");
    const link = await io.client.call<SignInLink>({ method: "POST", path: "/me/sign-in-links", body: {} });
    if (io.form === "table") io.out(plainLine(link.signInUrl));
    else printJson(io, link);
    return EXIT.ok;
  },
};
