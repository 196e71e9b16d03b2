import { randomBytes } from "node:crypto";
import { chmod, open, readFile, rename } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";

const Secrets = z.object({
  adminToken: z.string().min(1),
  databasePassword: z.string().min(1),
});
export type Secrets = z.infer<typeof Secrets>;

/**
 * Reads the data folder's secrets. They are made at the first start, extended by later versions, and readable by the
 * owner only.
 */
export async function readSecrets(dataDir: string): Promise<Secrets> {
  const file = path.join(dataDir, "secrets.json");
  const stored = await readStored(file);
  const secrets: Secrets = {
    adminToken: stored.adminToken ?? `ara_${randomBytes(32).toString("base64url")}`,
    databasePassword: stored.databasePassword ?? randomBytes(24).toString("base64url"),
  };
  if (Object.keys(stored).length < Object.keys(secrets).length) await writeAtomically(file, secrets);
  else await chmod(file, 0o600);
  return secrets;
}

async function readStored(file: string): Promise<Partial<Secrets>> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "{}";
    throw error;
  });
  try {
    return Secrets.partial().parse(JSON.parse(text));
  } catch (cause) {
    throw new Error(`${file} is damaged: restore it, or remove it to have new secrets made.`, { cause });
  }
}

async function writeAtomically(file: string, secrets: Secrets): Promise<void> {
  const temporaryFile = `${file}.new`;
  const handle = await open(temporaryFile, "w", 0o600);
  await handle.writeFile(`${JSON.stringify(secrets, null, 2)}\n`);
  await handle.sync();
  await handle.close();
  await rename(temporaryFile, file);
}
