import { execFile } from "node:child_process";
import {
  copyFile,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readlink,
  realpath,
  rename,
  rm,
  rmdir,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { ResourceBundleRef, WorkspaceRef } from "@/contract/run";
import { endAttemptProcesses } from "@/supervisor/processes/scan";
import { childEnv } from "./child-env";

const run = promisify(execFile);
type FetchOptions = {
  /** The PATH on which git is looked up. */
  pathVariable: string;
  /** Every process started by git carries this id, so that whoever ends the attempt finds it. */
  attemptId: string;
  signal?: AbortSignal;
  /** A directory workspace must lie below one of these; absent where no roots were configured. */
  workspaceRoots?: string[] | undefined;
};
const GIT_TIMEOUT_MS = 10 * 60_000;

/** The workspace could not be made as the run asks for it. */
export class WorkspaceError extends Error {
  override readonly name = "WorkspaceError";
}

/**
 * Prepares the workspace and returns the folder that the agent works in. What an earlier run of the session left is
 * kept: a git workspace is cloned once, and a bundle's files are written again before each run.
 */
export async function prepareWorkspace(
  opts: FetchOptions & {
    workspaceDir: string;
    /** On the workspace's volume. A clone is made here and moved into its place once it is complete. */
    stagingDir: string;
    scratchDir: string;
    workspaceRef: unknown;
    resourceBundleRef: unknown;
  },
): Promise<string> {
  const ref = WorkspaceRef.safeParse(opts.workspaceRef ?? { kind: "empty" });
  if (!ref.success)
    throw new WorkspaceError(`the run's workspaceRef is not one that this runner knows: ${ref.error.message}`);
  const workspace = ref.data;
  const cwd = await openWorkspace(workspace, opts);
  if (opts.resourceBundleRef !== null && opts.resourceBundleRef !== undefined) {
    const bundle = ResourceBundleRef.safeParse(opts.resourceBundleRef);
    if (!bundle.success)
      throw new WorkspaceError(
        `the run's resourceBundleRef is not one that this runner knows: ${bundle.error.message}`,
      );
    await unpackBundle(bundle.data, cwd, opts);
  }
  // The sandbox of an interrupted command leaves this folder behind, empty, and the next codex warns that its content
  // is not trusted. A folder that is not empty, or cannot be removed, only causes that warning.
  await rmdir(path.join(cwd, ".codex")).catch(() => undefined);
  return cwd;
}

async function openWorkspace(
  workspace: WorkspaceRef,
  opts: FetchOptions & { workspaceDir: string; stagingDir: string },
): Promise<string> {
  const { workspaceDir, stagingDir } = opts;
  switch (workspace.kind) {
    case "empty":
      return workspaceDir;
    case "directory": {
      const folder = await realpath(workspace.path).catch(() => undefined);
      if (folder === undefined || !(await stat(folder)).isDirectory())
        throw new WorkspaceError(`${workspace.path} is not a folder on this machine`);
      await assertAllowedFolder(folder, opts.workspaceRoots);
      return folder;
    }
    case "git": {
      if ((await readdir(workspaceDir)).length === 0) {
        await rm(stagingDir, { recursive: true, force: true });
        await mkdir(stagingDir, { mode: 0o700 });
        await clone(workspace, stagingDir, opts);
        await rename(stagingDir, workspaceDir);
      }
      return workspace.subdir === undefined ? workspaceDir : resolveInside(workspaceDir, workspace.subdir);
    }
    default:
      return workspace satisfies never;
  }
}

async function unpackBundle(
  bundle: ResourceBundleRef,
  cwd: string,
  opts: FetchOptions & { scratchDir: string },
): Promise<void> {
  switch (bundle.kind) {
    case "inline":
      for (const file of bundle.files) await writeInside(cwd, file.path, file.content);
      return;
    case "git": {
      const checkout = await mkdtemp(path.join(opts.scratchDir, "bundle-"));
      await clone(bundle, checkout, opts);
      const source = bundle.subdir === undefined ? checkout : await resolveInside(checkout, bundle.subdir);
      await copyInside(source, cwd);
      await rm(checkout, { recursive: true, force: true });
      return;
    }
    default:
      bundle satisfies never;
  }
}

/** A link may have been put in the folder's place since the run was created. */
async function assertAllowedFolder(folder: string, roots: string[] | undefined): Promise<void> {
  if (roots === undefined) return;
  for (const root of roots) {
    const real = await realpath(root).catch(() => undefined);
    if (real !== undefined && (folder === real || folder.startsWith(`${real}${path.sep}`))) return;
  }
  throw new WorkspaceError(`${folder} is not below a folder that AGENTRUN_WORKSPACE_ROOTS allows`);
}

/** Clones into an empty folder. Never asks for a password, and runs no hook or filter of the repository. */
async function clone(
  source: { url: string; ref?: string | undefined },
  dir: string,
  opts: FetchOptions,
): Promise<void> {
  const env = childEnv({
    PATH: opts.pathVariable,
    HOME: dir,
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_TERMINAL_PROMPT: "0",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_ALLOW_PROTOCOL: "https:http:ssh:git",
    AGENTRUN_ATTEMPT: opts.attemptId,
  });
  const git = async (...args: string[]) =>
    run("git", ["-C", dir, "-c", "core.hooksPath=/dev/null", ...args], {
      env,
      timeout: GIT_TIMEOUT_MS,
      killSignal: "SIGKILL",
      signal: opts.signal,
    });
  try {
    await git("init", "--quiet");
    await git("remote", "add", "origin", source.url);
    await git("fetch", "--quiet", "--depth", "1", "origin", source.ref ?? "HEAD");
    // A named ref gets a branch of its own, so that the agent can commit and push; a commit id is checked out detached.
    const isNamed = source.ref !== undefined && !/^[0-9a-f]{40}$/.test(source.ref);
    await git("checkout", "--quiet", ...(isNamed ? ["-B", source.ref ?? ""] : ["--detach"]), "FETCH_HEAD");
  } catch (error) {
    // A killed git leaves the helpers that it had started, and they would keep writing.
    await endAttemptProcesses(opts.attemptId);
    await rm(dir, { recursive: true, force: true });
    const gitOutput = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : String(error);
    throw new WorkspaceError(
      `git could not fetch ${source.ref ?? "the default branch"} of ${source.url}: ${gitOutput.slice(-1_000)}`,
    );
  }
}

async function writeInside(root: string, relative: string, content: string): Promise<void> {
  await writeFile(await prepareFilePath(root, relative), content);
}

/** Copies a checkout's files without its history; links are copied as links. */
async function copyInside(source: string, root: string): Promise<void> {
  const entries = await readdir(source, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    const from = path.join(entry.parentPath, entry.name);
    const relative = path.relative(source, from);
    if (relative.split(path.sep).includes(".git") || entry.isDirectory()) continue;
    const target = await prepareFilePath(root, relative);
    if (entry.isSymbolicLink()) {
      await rm(target, { force: true });
      await symlink(await readlink(from), target);
    } else if (entry.isFile()) {
      await copyFile(from, target);
    }
  }
}

/**
 * Returns the path of a file below `root`, and makes its folders. An agent may have made links meanwhile: throws where
 * a folder is one, and removes one in the file's own place.
 */
async function prepareFilePath(root: string, relative: string): Promise<string> {
  const target = path.resolve(root, relative);
  if (!target.startsWith(`${root}${path.sep}`)) throw new WorkspaceError(`${relative} lies outside the workspace`);
  let folder = root;
  for (const step of path.relative(root, path.dirname(target)).split(path.sep).filter(Boolean)) {
    folder = path.join(folder, step);
    await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
    if (!(await lstat(folder)).isDirectory()) throw new WorkspaceError(`${relative} leads through a link`);
  }
  const isLink = await lstat(target).then(
    (found) => found.isSymbolicLink(),
    () => false,
  );
  if (isLink) await rm(target);
  return target;
}

async function resolveInside(root: string, subdir: string): Promise<string> {
  const real = await realpath(path.join(root, subdir)).catch(() => undefined);
  const realRoot = await realpath(root);
  if (real === undefined || !(real === realRoot || real.startsWith(`${realRoot}${path.sep}`)))
    throw new WorkspaceError(`the repository has no folder ${subdir}`);
  return real;
}
