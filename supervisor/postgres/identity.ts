import { execFile } from "node:child_process";
import { chmod, chown, readdir } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** How PostgreSQL is started, given that it refuses to run as root. */
export interface Identity {
  /** Words before the program's name. */
  prefix: string[];
  /** The user to become, where user namespaces are refused. */
  uid?: number;
  gid?: number;
}

const NAMESPACE_PREFIX = ["unshare", "--user", "--map-user=1000", "--map-group=1000"];
/** `nobody` on Linux; it needs no entry in /etc/passwd. */
const UNPRIVILEGED_ID = 65_534;

/**
 * Decides how to run PostgreSQL. As root, a user namespace is tried first: files then stay root's, so that a folder
 * below a private one works. Where the system refuses namespaces, an unprivileged id is used if it can reach the
 * program and the folder. If it cannot, throws with the reason.
 */
export async function choosePostgresIdentity(postgres: string, parentFolder: string): Promise<Identity> {
  if (process.getuid?.() !== 0) return { prefix: [] };
  const namespace = await tryCommand([...NAMESPACE_PREFIX, postgres, "--version"]);
  if (namespace === null) return { prefix: NAMESPACE_PREFIX };
  const unprivileged = await tryCommand([postgres, "--version"], UNPRIVILEGED_ID);
  // The unprivileged user has to pass through this folder; what lies in it is protected by its own mode.
  await chmod(parentFolder, 0o711);
  const folder = unprivileged === null ? await tryCommand(["ls", "-d", parentFolder], UNPRIVILEGED_ID) : null;
  if (unprivileged === null && folder === null) return { prefix: [], uid: UNPRIVILEGED_ID, gid: UNPRIVILEGED_ID };
  throw new Error(
    "PostgreSQL does not run as root, this system refuses user namespaces " +
      `(${namespace}), and an unprivileged user cannot reach ${unprivileged === null ? parentFolder : postgres} ` +
      `(${unprivileged ?? folder}). Start AgentRun as an ordinary user, move it and its data folder out of private ` +
      "folders, or set DATABASE_URL.",
  );
}

/** Gives a folder and its content to the user that PostgreSQL runs as. */
export async function chownTree(identity: Identity, folder: string): Promise<void> {
  if (identity.uid === undefined || identity.gid === undefined) return;
  await chown(folder, identity.uid, identity.gid);
  for (const entry of await readdir(folder, { recursive: true })) {
    await chown(path.join(folder, entry), identity.uid, identity.gid);
  }
}

/** Returns the reason why a command cannot be run, or null when it can. */
async function tryCommand(command: string[], id?: number): Promise<string | null> {
  const [file = "", ...args] = command;
  try {
    await run(file, args, id === undefined ? {} : { uid: id, gid: id, cwd: "/" });
    return null;
  } catch (error) {
    const stderr = (error as { stderr?: string }).stderr?.trim();
    return stderr || (error as Error).message;
  }
}
