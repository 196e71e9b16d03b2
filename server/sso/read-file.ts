import path from "node:path";
import { SsoFile } from "@/contract/sso";
import { readJsonFile } from "@/server/json-file";

/**
 * Reads the provider's configuration; null: no file is configured. A key file's path is relative to the file's folder.
 */
export function readSsoFile(file: string | undefined): SsoFile | null {
  if (file === undefined) return null;
  const sso = readJsonFile("AGENTRUN_SSO", file, SsoFile);
  const { keyFile } = sso;
  return keyFile === undefined ? sso : { ...sso, keyFile: path.resolve(path.dirname(file), keyFile) };
}
