import { readFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { BackendsFile, DEMO_PROFILE } from "@/contract/backend";

/** The profiles that a file configures; a key file is named as seen from its folder. Errors name the variable and the file, never what the file holds. */
export function readBackendsFile(file: string | undefined): BackendsFile {
  if (file === undefined) return {};
  const text = attempt(() => readFileSync(file, "utf8"), `cannot read ${file}`);
  const json: unknown = attempt(() => JSON.parse(text), `${file} is not valid JSON`);
  const parsed = BackendsFile.safeParse(json);
  if (!parsed.success) throw new Error(`AGENTRUN_BACKENDS: ${file}: ${z.prettifyError(parsed.error)}`);
  if (DEMO_PROFILE in parsed.data)
    throw new Error(`AGENTRUN_BACKENDS: ${file}: the profile ${DEMO_PROFILE} is built in`);
  const folder = path.dirname(file);
  for (const profile of Object.values(parsed.data))
    if (profile.keyFile !== undefined) profile.keyFile = path.resolve(folder, profile.keyFile);
  return parsed.data;
}

function attempt<T>(work: () => T, problem: string): T {
  try {
    return work();
  } catch (cause) {
    throw new Error(`AGENTRUN_BACKENDS: ${problem}`, { cause });
  }
}
