import { formatBytes, formatDuration, shortenId } from "@/components/ui/format";
import { revealHidden } from "@/components/ui/hidden-characters";

/** Fields that are called otherwise on the pages than in the API. */
const NAMES = new Map(
  Object.entries({
    backendProfile: "profile",
    does: "at the limit",
    failureKind: "failure",
    sha256: "digest",
    sourceId: "undoes",
    terminalStatus: "ended as",
    was: "before",
    why: "because",
  }),
);

/** A budget's action, as its page has it. */
const ACTIONS = new Map([
  ["hold", "blocks"],
  ["tell", "warns only"],
]);

const ID = /^[a-z]+_[\w-]{12,}$/;

/** What there is to say of an action in one line: its reason first, then what its row's title does not say already. */
export function summaryOf(details: Record<string, unknown>, title?: string | null): string {
  const { reason, ...rest } = details;
  const reasons = typeof reason === "string" && reason !== "" ? [reason] : [];
  const others = Object.entries(rest).flatMap(([field, value]) =>
    isEmpty(value) || value === title ? [] : [partOf(field, value)],
  );
  return revealHidden([...reasons, ...others].join(" · "));
}

function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || value === "" || (Array.isArray(value) && value.length === 0);
}

/** `priority 60`, `not paused`: a field as it would be said. */
function partOf(field: string, value: unknown): string {
  if (typeof value === "boolean") {
    const name = nameOf(field.replace(/^is([A-Z])/, (_, letter: string) => letter.toLowerCase()));
    return value ? name : `not ${name}`;
  }
  return `${nameOf(field)} ${wordsOf(field, value)}`;
}

/** `leaseEpoch` is `lease epoch`; units and the kind of a value are left to the value. */
function nameOf(field: string): string {
  const named = NAMES.get(field);
  if (named !== undefined) return named;
  // A name with other characters is somebody's own.
  if (!/^[a-z][A-Za-z0-9]*$/.test(field)) return field;
  const [first = "", ...others] = field.replace(/(?<=[a-z])(Id|Ids|At|Ms|Bytes|Percent)$/, "").split(/(?=[A-Z])/);
  return [first, ...others.map((word) => word.toLowerCase())].join(" ");
}

function wordsOf(field: string, value: unknown): string {
  if (typeof value === "number") {
    if (/Ms$/.test(field)) return formatDuration(value);
    if (/(Bytes|^bytes)$/.test(field)) return formatBytes(value);
    if (/Percent$/.test(field)) return `${value}%`;
    return value.toLocaleString("en");
  }
  if (typeof value === "string")
    return (field === "does" ? ACTIONS.get(value) : undefined) ?? (ID.test(value) ? shortenId(value) : value);
  if (Array.isArray(value)) return value.map((item) => wordsOf(field, item)).join(", ");
  if (typeof value === "object" && value !== null) {
    const parts = Object.entries(value).flatMap(([name, inner]) => (isEmpty(inner) ? [] : [partOf(name, inner)]));
    return `(${parts.join(", ")})`;
  }
  return String(value);
}
