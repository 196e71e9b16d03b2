import type { BulkKind } from "@/contract/bulk";
import { APPROVALS } from "./approvals";
import type { Kind } from "./kind";
import { RUNNERS } from "./runners";
import { RUNS } from "./runs";
import { SESSIONS } from "./sessions";
import { TASKS } from "./tasks";
import { VOLUMES } from "./volumes";

export const KINDS: Record<BulkKind, Kind> = {
  ...{ task: TASKS, run: RUNS, session: SESSIONS, volume: VOLUMES, approval: APPROVALS, runner: RUNNERS },
};
