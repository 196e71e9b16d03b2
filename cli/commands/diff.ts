import { type Command, optionText } from "@/cli/command";
import { EXIT, UsageError } from "@/cli/failure";
import type { Io } from "@/cli/io";
import { plain } from "@/cli/plain";

const LEFT_OUT = /^(?:# )?(Left out, too long to be stored: .*)$/;

/** Prints what the turns of a session changed by patches, as a mailbox that `git am` takes. */
export const diff: Command = {
  name: "diff",
  usage: "SESSION",
  summary: "Print what a session's turns changed, for git am",
  help: ["--run RUN    only the turns of one run", "--turn TURN  only one turn, which git apply takes too"],
  options: { run: { type: "string" }, turn: { type: "string" } },
  async run(io, typed) {
    const [sessionId = "", ...more] = typed.words;
    if (sessionId === "" || more.length > 0) throw new UsageError("diff takes a session", "agentrun ls sessions");
    const query = { runId: optionText(typed, "run"), turnId: optionText(typed, "turn") };
    const lines = new LineReader();
    const leftOut: string[] = [];
    const show = (shown: string[]) => {
      for (const line of shown) {
        leftOut.push(...(LEFT_OUT.exec(line)?.slice(1) ?? []));
        if (io.columns !== null) io.out(styled(io, line));
      }
    };
    const sizeBytes = await io.client.download(
      { path: `/sessions/${encodeURIComponent(sessionId)}/patch`, query, signal: io.signal },
      async (chunk) => {
        show(lines.read(chunk));
        if (io.columns === null) await io.bytes(chunk);
      },
    );
    show(lines.end());
    if (sizeBytes === 0) io.note("no turn changed a file by a patch");
    for (const line of leftOut) io.note(line);
    return leftOut.length === 0 ? EXIT.ok : EXIT.failed;
  },
};

function styled(io: Io, line: string): string {
  const text = plain(line);
  if (line.startsWith("@@ ")) return io.style("cyan", text);
  if (line.startsWith("+")) return io.style("green", text);
  if (line.startsWith("-")) return io.style("red", text);
  return text;
}

/** Splits bytes into lines, whose end may come with a later piece. */
class LineReader {
  readonly #decoder = new TextDecoder();
  #rest = "";

  read(chunk: Uint8Array): string[] {
    const lines = (this.#rest + this.#decoder.decode(chunk, { stream: true })).split("\n");
    this.#rest = lines.pop() ?? "";
    return lines;
  }

  end(): string[] {
    return this.#rest === "" ? [] : [this.#rest];
  }
}
