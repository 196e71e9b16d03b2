import { nameOf } from "@/components/sessions/name";
import type { StorageSummary, StorageTotals } from "@/contract/storage";

type Sized = Pick<StorageSummary, "sessionId" | "title" | "tenantId" | "projectId" | "sizeBytes">;

/** A session's part of its project's bar; `rest` stands for all the smaller sessions. */
export type Part = { key: string; name: string; bytes: number; share: number; isRest: boolean };
export type ProjectBar = {
  key: string;
  tenantId: string;
  projectId: string;
  name: string;
  volumes: number;
  bytes: number;
  /** Of the largest project: the bar's length. */
  length: number;
  /** Of all projects that are told. */
  share: number;
  parts: Part[];
};

/** Narrower than this a part cannot be seen: a session goes to the rest, and such a rest is left out. */
const PART_MIN = 0.012;
const PARTS_MAX = 24;

/** The bars, and whether they are of several tenants, which their names tell apart then. */
type BytesBars = { bars: ProjectBar[]; hasTenants: boolean };
type Owner = Pick<ProjectBar, "tenantId" | "projectId">;

/** Whether a session is one of a bar's project. */
export const isOf =
  ({ tenantId, projectId }: Owner) =>
  (session: Owner): boolean =>
    session.tenantId === tenantId && session.projectId === projectId;

/** Bars of bytes by project, each in parts by session: the sessions known by name, largest first, then all others. */
export function projectBars(projects: StorageTotals["projects"], sessions: readonly Sized[]): BytesBars {
  const all = projects.reduce((sum, project) => sum + project.bytes, 0);
  const largest = Math.max(1, ...projects.map((project) => project.bytes));
  const hasTenants = new Set(projects.map((project) => project.tenantId)).size > 1;
  const bars = projects.map((project) => ({
    key: `${project.tenantId}/${project.projectId}`,
    ...project,
    name: hasTenants ? `${project.tenantId} / ${project.projectId}` : project.projectId,
    length: project.bytes / largest,
    share: all === 0 ? 0 : project.bytes / all,
    parts: partsOf(project.bytes, sessions.filter(isOf(project))),
  }));
  return { bars, hasTenants };
}

function partsOf(bytes: number, sessions: readonly Sized[]): Part[] {
  if (bytes <= 0) return [];
  const named: Part[] = [];
  let left = bytes;
  for (const session of [...sessions].sort((a, b) => (b.sizeBytes ?? 0) - (a.sizeBytes ?? 0))) {
    // What was measured since the totals were counted must not push the bar past its end.
    const size = Math.min(session.sizeBytes ?? 0, left);
    if (size / bytes < PART_MIN || named.length === PARTS_MAX) break;
    named.push({ key: session.sessionId, name: nameOf(session), bytes: size, share: size / bytes, isRest: false });
    left -= size;
  }
  if (left / bytes >= PART_MIN)
    named.push({ key: "rest", name: "Others", bytes: left, share: left / bytes, isRest: true });
  return named;
}
