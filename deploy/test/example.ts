import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { createTestNamespace, type TestNamespace } from "@/server/test/cluster/namespace";
import { kubectl } from "./kubectl";

export type Example = TestNamespace & {
  /** An overlay of deploy/example, for a namespace of its own. */
  overlay: string;
};

const RESTRICTED = { "pod-security.kubernetes.io/enforce": "restricted" };

/** A namespace for the example, with the Secret that its pods read; nothing else is applied yet. */
export async function createExample(): Promise<Example> {
  // Before anything is made that a machine without it could not remove.
  kubectl("version", "--client");
  const place = await createTestNamespace(RESTRICTED);
  const overlay = path.join("test-results", `deploy-${place.name}`);
  mkdirSync(overlay, { recursive: true });
  writeFileSync(
    path.join(overlay, "kustomization.yaml"),
    JSON.stringify({ namespace: place.name, resources: ["../../deploy/example"] }),
  );
  kubectl("--namespace", place.name, "apply", "--filename", "deploy/secret.example.yaml");
  return {
    ...place,
    overlay,
    async [Symbol.asyncDispose]() {
      rmSync(overlay, { recursive: true, force: true });
      await place[Symbol.asyncDispose]();
    },
  };
}
