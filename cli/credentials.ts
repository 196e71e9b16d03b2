import { randomBytes } from "node:crypto";
import { chmodSync, mkdirSync, readFileSync, realpathSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { loginsFolder } from "@/contract/logins";
import { UsageError } from "./failure";

/** A sign-in that `agentrun login` got from one server. */
export type Login = { token: string; tokenId: string; name: string; expiresAt: string | null };

/** This person's sign-ins, one for each server address. */
export type Credentials = {
  file: string;
  find(url: string): Login | null;
  /** The address of the last login that has not been logged out. */
  lastUrl(): string | null;
  save(url: string, login: Login): void;
  /** Removes this token only: another login may have stored a newer one meanwhile. */
  remove(url: string, tokenId: string): void;
};

type StoredLogins = { default: string | null; servers: Record<string, Login> };

/** Reads and writes the file of a person's sign-ins, each time anew. Throws UsageError when that fails. */
export function openCredentials(env: Record<string, string | undefined>): Credentials {
  const home = homedir();
  const folder = loginsFolder({ ...env, HOME: env.HOME || home }) ?? path.join(home, ".config", "agentrun");
  const file = path.join(folder, "credentials.json");
  return {
    file,
    find: (url) => findLogin(read(file).servers, url),
    lastUrl: () => read(file).default,
    save(url, login) {
      // An entry that cannot be read back would make the whole file unreadable.
      if (!isLogin(login)) throw new UsageError("what the server gave is no token that could be kept");
      const { servers } = read(file);
      write(file, { default: url, servers: { ...servers, [url]: login } });
    },
    remove(url, tokenId) {
      const stored = read(file);
      if (findLogin(stored.servers, url)?.tokenId !== tokenId) return;
      const { [url]: _, ...servers } = stored.servers;
      write(file, {
        default: stored.default === url ? (Object.keys(servers).at(-1) ?? null) : stored.default,
        servers,
      });
    },
  };
}

function read(file: string): StoredLogins {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return { default: null, servers: {} };
    throw new UsageError(`${file} cannot be read: ${errorMessage(error)}`);
  }
  const stored = parse(text);
  // Starting with an empty file without a word would lose the sign-ins in it.
  if (stored === null) throw new UsageError(`${file} is not as agentrun login writes it`, `rm '${file}'`);
  return stored;
}

function parse(text: string): StoredLogins | null {
  try {
    const { default: url, servers } = JSON.parse(text) as Partial<StoredLogins>;
    const isValid = isObject(servers) && Object.values(servers).every(isLogin);
    return isValid ? { default: typeof url === "string" ? url : null, servers } : null;
  } catch {
    return null;
  }
}

function isLogin(value: unknown): value is Login {
  if (!isObject(value)) return false;
  const { token, tokenId, name, expiresAt } = value;
  const isValid = [tokenId, name, expiresAt ?? ""].every((text) => typeof text === "string");
  return isValid && typeof token === "string" && isToken(token);
}

/** Whether a text fits into a header: printable ASCII without spaces. */
export function isToken(text: string): boolean {
  return /^[!-~]+$/.test(text);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function findLogin(servers: Record<string, Login>, url: string): Login | null {
  return Object.hasOwn(servers, url) ? (servers[url] ?? null) : null;
}

/** Writes the file so that nobody else can read it, and nobody ever finds half of it. */
function write(requestedFile: string, stored: StoredLogins): void {
  const file = resolveLink(requestedFile);
  // Only the folder of the link is made private, not the folder that the link leads to.
  const folder = path.dirname(requestedFile);
  const temporaryFile = `${file}.${randomBytes(6).toString("hex")}`;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    chmodSync(folder, 0o700);
    writeFileSync(temporaryFile, `${JSON.stringify(stored, null, 2)}\n`, { mode: 0o600, flag: "wx" });
    renameSync(temporaryFile, file);
  } catch (error) {
    rmSync(temporaryFile, { force: true });
    throw new UsageError(`${file} cannot be written: ${errorMessage(error)}`);
  }
}

/** Follows a link, so that the file behind it is written and the link stays. */
function resolveLink(file: string): string {
  try {
    return realpathSync(file);
  } catch {
    return file;
  }
}

function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
