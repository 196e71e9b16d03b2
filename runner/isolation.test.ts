import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { hiddenFolders } from "./hidden-folders";
import { spawnAgent } from "./isolation";

let root = "";
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), "agentrun-hidden-"));
});
afterEach(() => rm(root, { recursive: true }));

test("an agent cannot see stored logins, before or after they are written, but its own folders", async () => {
  const dataDir = path.join(root, "data");
  const scratchDir = path.join(dataDir, "scratch");
  const logins = path.join(root, "config", "agentrun");
  await mkdir(scratchDir, { recursive: true });
  await Promise.all([writeFile(path.join(dataDir, "secret"), "s"), writeFile(path.join(scratchDir, "own"), "own")]);
  const hidden = await hiddenFolders({ dataDir, loginsDir: logins, scratchDir }, []);
  const script = `until [ -e ${root}/logged-in ]; do sleep 0.02; done; ls -A ${logins} ${dataDir} ${scratchDir}; touch ${logins}/x`;
  const agent = spawnAgent({
    ...{
      command: "sh",
      args: ["-c", script],
      cwd: root,
      env: { PATH: process.env.PATH ?? "" },
      attemptId: "att_hides",
    },
    ...{ isolation: "namespace" as const, hidden },
  });
  const said = Promise.all([agent.child.stdout, agent.child.stderr].map((stream) => stream && text(stream)));
  // A login replaces the file by renaming another one.
  await writeFile(path.join(logins, "credentials.json"), "token");
  await writeFile(path.join(root, "logged-in"), "");
  const [seen, refused] = await said;
  expect(seen).toBe(`${logins}:\n\n${dataDir}:\nscratch\n\n${scratchDir}:\nown\n`);
  expect(refused).toContain("Read-only file system");
  expect(existsSync(path.join(logins, "x"))).toBe(false);
  await agent.kill();
});

test("a missing or invalid folder does not stop an agent", async () => {
  const file = path.join(root, "file");
  await writeFile(file, "");
  for (const loginsDir of [file, path.join(file, "below")]) {
    const hidden = await hiddenFolders({ dataDir: root, loginsDir, scratchDir: root }, []);
    expect(hidden.map(({ dir }) => dir)).toEqual([root]);
  }
});

test("hides nested folders in either order", async () => {
  const logins = path.join(root, "config");
  const dataDir = path.join(logins, "data");
  const scratchDir = path.join(dataDir, "scratch");
  await mkdir(scratchDir, { recursive: true });
  await Promise.all([logins, dataDir].map((folder) => writeFile(path.join(folder, "secret"), "s")));
  for (const nested of [
    { dataDir, loginsDir: logins },
    { dataDir: logins, loginsDir: dataDir },
    { dataDir: logins, loginsDir: logins },
  ]) {
    const hidden = await hiddenFolders({ ...nested, scratchDir }, []);
    const agent = spawnAgent({
      ...{ command: "ls", args: ["-A", logins, dataDir], cwd: scratchDir, env: { PATH: process.env.PATH ?? "" } },
      ...{ attemptId: "att_nests", isolation: "namespace" as const, hidden },
    });
    const stdout = agent.child.stdout === null ? "" : await text(agent.child.stdout);
    expect(stdout).toBe(`${logins}:\ndata\n\n${dataDir}:\nscratch\n`);
    await agent.kill();
  }
});
