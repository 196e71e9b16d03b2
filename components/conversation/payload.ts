import type { FileChange, PlanStep } from "./items";

/** Reads fields of an event's payload, which old rows and other runners may leave out or fill with anything. */
export type Payload = Record<string, unknown>;

export function textOf(payload: Payload, ...names: string[]): string | null {
  for (const name of names) {
    const value = payload[name];
    if (typeof value === "string") return value;
  }
  return null;
}

export function numberOf(payload: Payload, name: string): number | null {
  const value = payload[name];
  return typeof value === "number" && Number.isFinite(value) ? value : null;
}

/** A value as text: strings as they are, all else as JSON. */
export function shownText(value: unknown): string {
  if (typeof value === "string") return value;
  return value === undefined || value === null ? "" : JSON.stringify(value, null, 2);
}

/** A command line, whether it is told as one string or as its words. */
export function commandOf(payload: Payload): string | null {
  const { command } = payload;
  if (Array.isArray(command)) return command.map(String).join(" ");
  return typeof command === "string" ? command : null;
}

function records(value: unknown): Payload[] {
  if (!Array.isArray(value)) return [];
  return value.filter((entry): entry is Payload => typeof entry === "object" && entry !== null);
}

export function changesOf(payload: Payload): FileChange[] {
  return records(payload.changes).map((change) => ({
    path: textOf(change, "path") ?? "?",
    kind: textOf(change, "kind") ?? textOf(records([change.kind])[0] ?? {}, "type") ?? "update",
    diff: textOf(change, "diff") ?? "",
  }));
}

export function stepsOf(payload: Payload): PlanStep[] {
  return records(payload.steps).map((step) => ({
    step: textOf(step, "step", "text") ?? "",
    status: textOf(step, "status") ?? "pending",
  }));
}
