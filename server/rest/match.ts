import { AgentRunError, InvalidInputError, NotFoundError } from "@/server/errors";

type Pattern = { path: string };
export type Match<Found extends Pattern> = { route: Found; params: Record<string, string> };

const isParameter = (segment: string) => segment.startsWith("{");

/** Finds routes by path. A fixed segment wins over a parameter, wherever the two routes stand in the table. */
export function createMatcher<Found extends Pattern>(routes: readonly Found[]): (path: string) => Match<Found>[] {
  const byLength = new Map<number, { route: Found; segments: string[] }[]>();
  for (const route of routes) {
    const segments = route.path.slice(1).split("/");
    byLength.set(segments.length, [...(byLength.get(segments.length) ?? []), { route, segments }]);
  }
  return (path) => {
    const requestSegments = path.slice(1).split("/").map(decodeSegment);
    const found = (byLength.get(requestSegments.length) ?? []).filter(({ segments }) =>
      segments.every((segment, index) =>
        isParameter(segment) ? requestSegments[index] !== "" : segment === requestSegments[index],
      ),
    );
    const fewest = Math.min(...found.map(({ segments }) => segments.filter(isParameter).length));
    return found
      .filter(({ segments }) => segments.filter(isParameter).length === fewest)
      .map(({ route, segments }) => ({ route, params: paramsOf(segments, requestSegments) }));
  };
}

function paramsOf(segments: string[], requestSegments: string[]): Record<string, string> {
  const params: Record<string, string> = {};
  segments.forEach((segment, index) => {
    if (isParameter(segment)) params[segment.slice(1, -1)] = requestSegments[index] ?? "";
  });
  return params;
}

/**
 * Decodes one segment of an address. Segments are decoded one by one, so that an encoded slash stays inside its
 * segment. Throws `invalid-input`.
 */
export function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new InvalidInputError("the address is not valid percent-encoded UTF-8");
  }
}

export function noSuchRoute(path: string): AgentRunError {
  return new NotFoundError("route", path.slice(0, 200));
}

export function methodNotAllowed(allowed: string[]): AgentRunError {
  return new AgentRunError("schema-invalid", "method-not-allowed", `this route takes ${allowed.join(" and ")}`, {
    details: { allow: allowed },
  });
}
