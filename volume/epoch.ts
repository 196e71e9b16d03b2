import { readFile, rename, writeFile } from "node:fs/promises";
import { z } from "zod";
import type { VolumeLayout } from "./layout";

/** Who writes to this volume now. Epochs are counted for each run, so only those of one run can be compared. */
export const VolumeWriter = z.object({ runId: z.string(), leaseEpoch: z.number().int(), attemptId: z.string() });
export type VolumeWriter = z.infer<typeof VolumeWriter>;

/** Another attempt has taken over the volume. */
export class VolumeTakenError extends Error {
  override readonly name = "VolumeTakenError";
}

/** Reads the volume's writer; null on a new volume, or after an interrupted write. */
export async function findWriter(layout: VolumeLayout): Promise<VolumeWriter | null> {
  const text = await readFile(layout.epochFile, "utf8").catch(() => "null");
  try {
    return VolumeWriter.nullable().parse(JSON.parse(text));
  } catch {
    return null;
  }
}

/** Makes `writer` the volume's writer, unless a later attempt of the same run has the volume. */
export async function takeVolume(layout: VolumeLayout, writer: VolumeWriter): Promise<void> {
  const current = await findWriter(layout);
  if (current && current.runId === writer.runId && current.leaseEpoch > writer.leaseEpoch)
    throw new VolumeTakenError(taken(current));
  const temporary = `${layout.epochFile}.${process.pid}`;
  await writeFile(temporary, JSON.stringify(writer));
  await rename(temporary, layout.epochFile);
}

/** Throws VolumeTakenError unless `writer` still has the volume. Called before each turn and each archive. */
export async function checkWriter(layout: VolumeLayout, writer: VolumeWriter): Promise<void> {
  const current = await findWriter(layout);
  if (current?.runId !== writer.runId || current.leaseEpoch !== writer.leaseEpoch)
    throw new VolumeTakenError(taken(current));
}

function taken(current: VolumeWriter | null): string {
  return current
    ? `the volume was taken over by run ${current.runId}, epoch ${current.leaseEpoch}`
    : "the volume's epoch file is gone";
}
