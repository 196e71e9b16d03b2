import { mkdir, rm, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import type { ExecutionPolicy } from "@/contract/run";
import { writeInstructions } from "./instructions";

export interface CodexHome {
  codexHome: string;
  homeDir: string;
}

/**
 * Makes a fresh CODEX_HOME off the volume, with only `sessions` and `thread-writer-locks` linked into it. These two are
 * all that a resume needs; no credential, and none of codex's growing databases, may lie on a volume.
 */
export async function makeCodexHome(opts: {
  scratchDir: string;
  rolloutsDir: string;
  locksDir: string;
  model: string;
  modelBaseUrl: string;
  policy: ExecutionPolicy;
  /** The folder in which the agent works. */
  cwd: string;
}): Promise<CodexHome> {
  const codexHome = path.join(opts.scratchDir, "codex-home");
  const homeDir = path.join(opts.scratchDir, "home");
  await rm(codexHome, { recursive: true, force: true });
  await mkdir(codexHome, { recursive: true, mode: 0o700 });
  await mkdir(homeDir, { recursive: true, mode: 0o700 });
  await symlink(opts.rolloutsDir, path.join(codexHome, "sessions"));
  await symlink(opts.locksDir, path.join(codexHome, "thread-writer-locks"));
  await writeFile(path.join(codexHome, "config.toml"), codexConfig(opts), { mode: 0o600 });
  await writeInstructions(codexHome, opts.cwd);
  return { codexHome, homeDir };
}

/** Returns the configuration of one attempt. Strings are written as JSON, which is valid TOML. */
export function codexConfig(opts: {
  model: string;
  modelBaseUrl: string;
  policy: ExecutionPolicy;
  cwd: string;
}): string {
  const { policy } = opts;
  return [
    `model = ${tomlString(policy.model ?? opts.model)}`,
    'model_provider = "agentrun"',
    ...(policy.effort === undefined ? [] : [`model_reasoning_effort = ${tomlString(policy.effort)}`]),
    "check_for_update_on_startup = false",
    "[history]",
    'persistence = "none"',
    "[analytics]",
    "enabled = false",
    // A goal makes codex begin turn after turn by itself. No command stands for such a turn, so it could not be steered
    // or interrupted, and a run would end in the middle of one.
    "[features]",
    "goals = false",
    // codex would fetch plugins from chatgpt.com and GitHub at its start, and let them speak to its model.
    "plugins = false",
    "[sandbox_workspace_write]",
    `network_access = ${policy.network === true}`,
    // The holder of the token can spend money; tools have no use for it.
    "[shell_environment_policy]",
    'exclude = ["AGENTRUN_MODEL_TOKEN"]',
    "[model_providers.agentrun]",
    'name = "AgentRun"',
    `base_url = ${tomlString(opts.modelBaseUrl)}`,
    'wire_api = "responses"',
    'env_key = "AGENTRUN_MODEL_TOKEN"',
    // codex trusts a folder that it is started in, and then runs what the folder's own .codex/config.toml names (MCP
    // servers, hooks) outside every sandbox. A workspace is never trusted; writeInstructions hands over its AGENTS.md
    // instead.
    ...ancestors(opts.cwd).flatMap((folder) => [`[projects.${tomlString(folder)}]`, 'trust_level = "untrusted"']),
    "",
  ].join("\n");
}

/** Returns the folder and all its parents: codex may ask whether the repository's root is trusted instead. */
function ancestors(folder: string): string[] {
  const parent = path.dirname(folder);
  return parent === folder ? [folder] : [folder, ...ancestors(parent)];
}

function tomlString(value: string): string {
  return JSON.stringify(value).replaceAll("\u007f", "\\u007f");
}
