import { expect, test } from "vitest";
import { sandboxFor } from "./sandbox";

test("in a pod the pod is the sandbox, and a promise that it does not keep is refused", () => {
  for (const sandbox of ["read-only", "workspace-write", "danger-full-access"] as const)
    expect(sandboxFor(sandbox, false)).toBe(sandbox);
  expect(sandboxFor("workspace-write", true)).toBe("danger-full-access");
  expect(sandboxFor("danger-full-access", true)).toBe("danger-full-access");
  expect(() => sandboxFor("read-only", true)).toThrow("cannot be kept on Kubernetes");
});
