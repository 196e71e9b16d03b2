import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { SsoFile } from "@/contract/sso";

/** A file for AGENTRUN_SSO, which goes with what holds it. */
export class SsoFileOnDisk implements Disposable {
  readonly #folder = mkdtempSync(path.join(tmpdir(), "agentrun-sso-"));
  readonly path = path.join(this.#folder, "sso.json");

  constructor(file: Partial<SsoFile> & Pick<SsoFile, "issuer" | "clientId" | "keyEnv" | "grants">) {
    writeFileSync(this.path, JSON.stringify(file));
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true });
  }
}
