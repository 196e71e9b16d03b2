import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { deploy } from "./deployment";
import { startNode } from "./node";
import { keepPods } from "./state";

type Image = { name: string; archive: string };

function buildImages(folder: string): { server: Image; runner: Image } {
  return JSON.parse(execFileSync(process.execPath, ["scripts/test-images.mjs", folder], { encoding: "utf8" }));
}

/** A cluster with a node, the project's own images on it, and the product in its pods. */
async function setup(): Promise<() => Promise<void>> {
  const folder = mkdtempSync(path.join(tmpdir(), "agentrun-pods-"));
  const undo: (() => unknown)[] = [() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 })];
  const stop = async () => {
    for (const step of undo.reverse()) await step();
  };
  try {
    const node = startNode(path.join(folder, "cluster"));
    undo.push(node.stop);
    const { server, runner } = buildImages(process.env.AGENTRUN_TEST_IMAGES ?? path.join(folder, "images"));
    for (const { archive } of [server, runner]) node.load(archive);
    const deployed = await deploy(node, { server: server.name, runner: runner.name }, undo);
    const { kubeconfig, address, containerd } = node;
    keepPods({ ...deployed, kubeconfig, address, containerd, runnerImage: runner.name });
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}

export default setup;
