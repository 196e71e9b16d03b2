// Builds the two images of the Dockerfile where no registry of images is reached: on a base that the packages of Debian
// and npm make, and prints what they are called in a cluster and where their archives lie. FOLDER keeps all of it for the
// next build, which is that of `npm run test:pods` where AGENTRUN_TEST_IMAGES names it.
// Usage: node scripts/test-images.mjs FOLDER
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { projectRoot } from "./sources.mjs";

const BASE = "localhost/agentrun-test/base:1";
const NODE = ["node@24.21.0", "npm@11.21.2"];
const DEBIAN = "bookworm";
const PACKAGES = "git,ca-certificates,libstdc++6,procps,util-linux";
const NAMES = { server: "agentrun/server:test", runner: "agentrun/runner:test" };

/**
 * Builds both images and returns each one's name in a cluster and its archive. What `folder` holds of an earlier build is
 * used again.
 */
function buildImages(folder) {
  mkdirSync(folder, { recursive: true });
  const storage = [`--root=${folder}/store`, `--runroot=${folder}/run`, "--storage-driver=overlay"];
  const buildah = (...args) => run("buildah", [...storage, ...args], folder);
  makeBase(folder, buildah);
  const certificates = process.env.NODE_EXTRA_CA_CERTS;
  const trust =
    certificates === undefined
      ? []
      : [`--volume=${certificates}:${certificates}:ro`, `--build-arg=NODE_EXTRA_CA_CERTS=${certificates}`];
  const images = {};
  for (const [target, name] of Object.entries(NAMES)) {
    const options = [...trust, "--isolation=chroot", "--layers", `--build-arg=BASE=${BASE}`, `--target=${target}`];
    buildah("bud", ...options, `--tag=localhost/${name}`, projectRoot);
    const archive = path.join(folder, `${target}.tar`);
    // An archive that is there is not written again.
    rmSync(archive, { force: true });
    buildah("push", `localhost/${name}`, `docker-archive:${archive}:docker.io/${name}`);
    images[target] = { name: `docker.io/${name}`, archive };
  }
  return images;
}

function makeBase(folder, buildah) {
  if (existsSync(path.join(folder, "base.tar"))) return;
  const rootfs = path.join(folder, "rootfs");
  rmSync(rootfs, { recursive: true, force: true });
  run("debootstrap", ["--variant=minbase", `--include=${PACKAGES}`, DEBIAN, rootfs], folder);
  const npm = path.join(folder, "node");
  mkdirSync(npm, { recursive: true });
  writeFileSync(path.join(npm, "package.json"), "{}");
  run("npm", ["install", "--no-audit", "--no-fund", `--prefix=${npm}`, ...NODE], folder);
  cpSync(path.join(npm, "node_modules/node/bin/node"), path.join(rootfs, "usr/local/bin/node"));
  cpSync(path.join(npm, "node_modules/npm"), path.join(rootfs, "usr/local/lib/node_modules/npm"), { recursive: true });
  for (const name of ["npm", "npx"])
    symlinkSync(`../lib/node_modules/npm/bin/${name}-cli.js`, path.join(rootfs, "usr/local/bin", name));
  const archive = path.join(folder, "base.tar");
  execFileSync("tar", ["-C", rootfs, "-cf", `${archive}.part`, "."]);
  writeFileSync(path.join(folder, "Dockerfile.base"), "FROM scratch\nADD base.tar.part /\n");
  buildah("bud", "--isolation=chroot", `--tag=${BASE}`, `--file=${folder}/Dockerfile.base`, folder);
  renameSync(`${archive}.part`, archive);
}

/** What a program said is only of interest when it failed. */
function run(program, args, folder) {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: "utf8", maxBuffer: 1 << 28 });
  writeFileSync(path.join(folder, `${program}.log`), `${stdout}\n${stderr}`, { flag: "a" });
  if (error || status !== 0)
    throw new Error(`${program} failed: ${error?.message ?? `${stdout}\n${stderr}`.slice(-2_000)}`);
}

try {
  const [folder] = process.argv.slice(2);
  if (folder === undefined) throw new Error("Usage: node scripts/test-images.mjs FOLDER");
  console.log(JSON.stringify(buildImages(path.resolve(folder))));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
