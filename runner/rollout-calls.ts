import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import path from "node:path";
import { createInterface } from "node:readline";
import { z } from "zod";
import { findRollouts } from "@/volume";

/** A command that the agent ran, and its result. */
export interface CommandCall {
  itemId: string;
  command: string;
  /** null: the command was not started. */
  exitCode: number | null;
  output: string;
}

/** The length of each rollout of a thread. */
export type RolloutOffsets = Map<string, number>;

const Line = z.object({
  type: z.literal("response_item"),
  payload: z.discriminatedUnion("type", [
    z.object({ type: z.literal("function_call"), name: z.string(), arguments: z.string(), call_id: z.string() }),
    z.object({ type: z.literal("function_call_output"), call_id: z.string(), output: z.string() }),
  ]),
});
const Arguments = z.object({ cmd: z.string() });
/** codex's tool for commands, and the words that it puts before a command's output. */
const COMMAND_TOOL = "exec_command";
const EXIT_CODE = /^Process exited with code (-?\d+)$/m;
const STILL_RUNS = /session ID \d+/;
const OUTPUT_SEPARATOR = "\nOutput:\n";

/** Returns where a thread's rollouts end now, so that later calls can be told from earlier ones. */
export async function readRolloutOffsets(rolloutsDir: string, threadId: string): Promise<RolloutOffsets> {
  const offsets: RolloutOffsets = new Map();
  for (const file of await findRollouts(rolloutsDir, threadId))
    offsets.set(file, (await stat(path.join(rolloutsDir, file))).size);
  return offsets;
}

/**
 * Returns the commands that ended after the marks, from codex's rollouts. Its notifications leave out those that its
 * sandbox refused at once; only the rollout, which the model is shown, has all of them.
 */
export async function readCalls(
  rolloutsDir: string,
  threadId: string,
  offsets: RolloutOffsets,
): Promise<CommandCall[]> {
  const calls: CommandCall[] = [];
  for (const file of await findRollouts(rolloutsDir, threadId)) {
    // A thread that already had a rollout can have no new calls in another file.
    if (offsets.size > 0 && !offsets.has(file)) continue;
    const started = new Map<string, string>();
    const input = createReadStream(path.join(rolloutsDir, file), { start: offsets.get(file) ?? 0 });
    for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      const payload = parse(text);
      if (payload?.type === "function_call" && payload.name === COMMAND_TOOL)
        started.set(payload.call_id, parseCommand(payload.arguments));
      const command = payload && started.get(payload.call_id);
      if (
        payload?.type !== "function_call_output" ||
        command === undefined ||
        STILL_RUNS.test(outputHeader(payload.output))
      )
        continue;
      calls.push({ itemId: payload.call_id, command, ...parseResult(payload.output) });
    }
  }
  return calls;
}

function parse(text: string): z.infer<typeof Line>["payload"] | undefined {
  // Most lines of a rollout are messages and counts, some of them long.
  if (!text.includes('"function_call')) return undefined;
  try {
    return Line.safeParse(JSON.parse(text)).data?.payload;
  } catch {
    // A line that is still being written.
    return undefined;
  }
}

function parseCommand(json: string): string {
  try {
    return Arguments.parse(JSON.parse(json)).cmd;
  } catch {
    return json;
  }
}

function outputHeader(output: string): string {
  return output.split(OUTPUT_SEPARATOR, 1)[0] ?? "";
}

function parseResult(output: string): Pick<CommandCall, "exitCode" | "output"> {
  const exit = EXIT_CODE.exec(outputHeader(output));
  return exit
    ? { exitCode: Number(exit[1]), output: output.slice(outputHeader(output).length + OUTPUT_SEPARATOR.length) }
    : { exitCode: null, output };
}
