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

/** A session's id as the name of a file: of characters that every system takes, and not hidden. */
export function sessionFileName(sessionId: string): string {
  return sessionId.replace(/[^A-Za-z0-9_.-]/g, "_").replace(/^\.+/, "_");
}
