import { readFile, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";

/** What the step that prepared an attempt leaves to the step that works on it. */
const Handover = z.strictObject({
  /** Identifies the holder of the claim: only with it is the same epoch claimed again. */
  nonce: z.string().min(1),
  /** The folder in which the agent works. */
  cwd: z.string().startsWith("/"),
  /** What the agent should be told before its first turn. */
  notes: z.string().nullable(),
});
export type Handover = z.infer<typeof Handover>;

/** Writes the handover into the attempt's scratch folder, which both steps mount and no other attempt does. */
export async function writeHandover(scratchDir: string, handover: Handover): Promise<void> {
  const file = handoverFile(scratchDir);
  await writeFile(`${file}.new`, JSON.stringify(handover), { mode: 0o600 });
  await rename(`${file}.new`, file);
}

/** Reads the handover and removes it: its nonce gives access to the run's lease, and an agent can see this folder. */
export async function consumeHandover(scratchDir: string): Promise<Handover> {
  const file = handoverFile(scratchDir);
  const text = await readFile(file, "utf8").catch((error: Error) => {
    throw new Error(`the preparation step left no handover: ${error.message}`);
  });
  await rm(file);
  return Handover.parse(JSON.parse(text));
}

function handoverFile(scratchDir: string): string {
  return path.join(scratchDir, "handover.json");
}
