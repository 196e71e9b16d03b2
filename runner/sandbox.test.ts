import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { sandboxFor } from "./sandbox";

test("in a pod the pod is the sandbox, and read-only with a writable workspace is refused", async () => {
  const cwd = mkdtempSync(path.join(tmpdir(), "agentrun-sandbox-"));
  for (const sandbox of ["read-only", "workspace-write", "danger-full-access"] as const)
    expect(await sandboxFor(sandbox, { isPod: false, cwd })).toBe(sandbox);
  for (const sandbox of ["workspace-write", "danger-full-access"] as const)
    expect(await sandboxFor(sandbox, { isPod: true, cwd })).toBe("danger-full-access");
  await expect(sandboxFor("read-only", { isPod: true, cwd })).rejects.toThrow("whose workspace can be written");
  rmSync(cwd, { recursive: true });
});
