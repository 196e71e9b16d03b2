"use client";
import { useQueryState } from "nuqs";
import { parseAsPairs } from "@/components/query/metadata-param";
import { cn } from "@/components/ui/class-names";
import { revealHidden } from "@/components/ui/hidden-characters";
import { parsePairs, printPairs, readPairs } from "@/contract/query/metadata";
import { TextCell } from "./cells";

const PRESSED_MAX = 2;

/** What a program keeps with a record: `ticket: 7, team: shop`. A press on one of the first two narrows the list to it. */
export function MetadataCell({ metadata }: { metadata: Record<string, unknown> }) {
  const [, setPairs] = useQueryState("metadata", parseAsPairs);
  const pairs = Object.entries(metadata);
  const folded = pairs.slice(PRESSED_MAX);
  if (pairs.length === 0) return <TextCell text={null} />;
  return (
    <span className="flex max-w-64 min-w-0 items-center gap-2">
      {pairs.slice(0, PRESSED_MAX).map(([name, value]) =>
        canNarrow(name, value) ? (
          <button
            key={name}
            type="button"
            title="Filter by this value"
            className={cn(
              "relative z-10 min-h-6 min-w-6 truncate text-left hover:underline",
              // What stands beside it keeps its room.
              pairs.length > 1 && "max-w-26 shrink-0",
            )}
            onClick={() => void setPairs((current) => withPair(current, name, value))}
          >
            {revealHidden(wordsOf(name, value))}
          </button>
        ) : (
          <TextCell key={name} text={wordsOf(name, value)} />
        ),
      )}
      {folded.length > 0 && <TextCell text={folded.map(([name, value]) => wordsOf(name, value)).join(", ")} />}
    </span>
  );
}

function wordsOf(name: string, value: unknown): string {
  return `${name}: ${typeof value === "string" ? value : JSON.stringify(value)}`;
}

/** Whether a list can be narrowed to a value: what is short, and no list or object. */
function canNarrow(name: string, value: unknown): boolean {
  return (
    (value === null || typeof value !== "object") && parsePairs(printPairs([[name, String(value)]]) ?? "") !== null
  );
}

function withPair(pairs: string | null, name: string, value: unknown): string | null {
  const others = readPairs(pairs).filter(([other]) => other !== name);
  // One more than a filter takes changes nothing.
  return parsePairs(printPairs([...others, [name, String(value)]]) ?? "") ?? pairs;
}
