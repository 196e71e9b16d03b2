import path from "node:path";
import { SsoFile } from "@/contract/sso";
import { readJsonFile } from "@/server/json-file";

/** The provider that a file configures, null where none does; a key file is named as seen from its folder. */
export function readSsoFile(file: string | undefined): SsoFile | null {
  if (file === undefined) return null;
  const sso = readJsonFile("AGENTRUN_SSO", file, SsoFile);
  const { keyFile } = sso;
  return keyFile === undefined ? sso : { ...sso, keyFile: path.resolve(path.dirname(file), keyFile) };
}
