import { ROUTES, type Route } from "./routes";

export type Match =
  | { kind: "route"; route: Route; parameters: Record<string, string> }
  | { kind: "method"; allowed: string[] }
  | { kind: "none" };

/** Finds the route of a path below /api/v1. A literal part wins over a parameter, whichever was declared first. */
export function matchRoute(method: string, path: string): Match {
  const parts = split(path);
  const fitting = ROUTES.filter((route) => fits(split(route.path), parts));
  if (fitting.length === 0) return { kind: "none" };
  const literals = Math.max(...fitting.map((route) => literalsOf(route)));
  const best = fitting.filter((route) => literalsOf(route) === literals);
  const route = best.find((candidate) => candidate.method === method);
  if (!route) return { kind: "method", allowed: [...new Set(best.map((candidate) => candidate.method))] };
  return { kind: "route", route, parameters: parametersOf(route, parts) };
}

function split(path: string): string[] {
  return path.split("/").slice(1);
}

function isParameter(part: string): boolean {
  return part.startsWith("{");
}

function fits(pattern: string[], parts: string[]): boolean {
  return pattern.length === parts.length && pattern.every((part, index) => isParameter(part) || part === parts[index]);
}

function literalsOf(route: Route): number {
  return split(route.path).filter((part) => !isParameter(part)).length;
}

/** Parts are decoded one by one, so that an encoded slash stays inside its part. Throws `URIError` on bad encoding. */
function parametersOf(route: Route, parts: string[]): Record<string, string> {
  const parameters: Record<string, string> = {};
  split(route.path).forEach((part, index) => {
    if (isParameter(part)) parameters[part.slice(1, -1)] = decodeURIComponent(parts[index] ?? "");
  });
  return parameters;
}
