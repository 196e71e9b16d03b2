import path from "node:path";
import { BackendsFile, DEMO_PROFILE } from "@/contract/backend";
import { readJsonFile } from "@/server/json-file";

/** Reads the profiles that a file configures. A key file's path is relative to the file's folder. */
export function readBackendsFile(file: string | undefined): BackendsFile {
  if (file === undefined) return {};
  const profiles = readJsonFile("AGENTRUN_BACKENDS", file, BackendsFile);
  if (DEMO_PROFILE in profiles) throw new Error(`AGENTRUN_BACKENDS: ${file}: the profile ${DEMO_PROFILE} is built in`);
  const folder = path.dirname(file);
  for (const profile of Object.values(profiles))
    if (profile.keyFile !== undefined) profile.keyFile = path.resolve(folder, profile.keyFile);
  return profiles;
}
