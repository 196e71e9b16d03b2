import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { deploy } from "./deployment";
import { buildImages } from "./images";
import { startNode } from "./node";
import { keepPods } from "./state";

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
    const images = buildImages(process.env.AGENTRUN_TEST_IMAGES ?? path.join(folder, "images"), node.load);
    const deployed = await deploy(node, images, undo);
    const { kubeconfig, address, containerd } = node;
    keepPods({ ...deployed, kubeconfig, address, containerd, runnerImage: images.runner });
  } catch (error) {
    await stop();
    throw error;
  }
  return stop;
}

export default setup;
