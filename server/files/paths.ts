/** The agent's working folder on the volume. What lies beside it is codex's own and AgentRun's. */
const WORKSPACE = "workspace";

export function toVolumePath(path: string): string {
  return path === "" ? WORKSPACE : `${WORKSPACE}/${path}`;
}

/** Returns the path below the workspace; null for a path outside of it. */
export function fromVolumePath(path: string): string | null {
  if (path === WORKSPACE) return "";
  return path.startsWith(`${WORKSPACE}/`) ? path.slice(WORKSPACE.length + 1) : null;
}

export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
