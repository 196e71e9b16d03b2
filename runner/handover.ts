import { readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";

/** What the step that prepared an attempt leaves to the step that works on it. */
const Handover = z.strictObject({
  /** By which the claim's holder is known: with it, and with nothing else, the same epoch is claimed again. */
  nonce: z.string().min(1),
  /** The folder that the agent works in. */
  cwd: z.string().startsWith("/"),
  /** What the agent should be told before its first turn. */
  notes: z.string().nullable(),
});
export type Handover = z.infer<typeof Handover>;

/** In the attempt's scratch, which both steps mount and no other attempt does. */
export async function leaveHandover(scratchDir: string, handover: Handover): Promise<void> {
  const file = fileIn(scratchDir);
  await writeFile(`${file}.new`, JSON.stringify(handover), { mode: 0o600 });
  await rename(`${file}.new`, file);
}

/** Reads what was left and removes it: the nonce is worth the run's lease, and an agent sees this folder. */
export async function takeHandover(scratchDir: string): Promise<Handover> {
  const file = fileIn(scratchDir);
  const text = await readFile(file, "utf8").catch((error: Error) => {
    throw new Error(`the step that prepares an attempt has left nothing: ${error.message}`);
  });
  await rm(file);
  return Handover.parse(JSON.parse(text));
}

function fileIn(scratchDir: string): string {
  return path.join(scratchDir, "handover.json");
}
