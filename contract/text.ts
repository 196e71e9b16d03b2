/**
 * What PostgreSQL cannot store in text or jsonb: NUL, and surrogates without their other half. Agents print both. Each
 * becomes U+FFFD, so that one odd byte never blocks what follows it.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: NUL is exactly what this looks for.
const UNSTORABLE = /\u0000|[\uD800-\uDBFF](?![\uDC00-\uDFFF])|(?<![\uD800-\uDBFF])[\uDC00-\uDFFF]/g;

/** Replaces what PostgreSQL cannot store with U+FFFD; returns the same string when there is nothing to replace. */
export function cleanText(text: string): string {
  return text.replace(UNSTORABLE, "\uFFFD");
}

/**
 * Applies `cleanText` to every string of a JSON value, keys included. Iterative, so that depth cannot overflow the
 * stack.
 */
export function cleanJson<T>(value: T): T {
  return mapJson(value, cleanText, cleanText);
}

type Mapped = Record<string, unknown> | unknown[];

/**
 * Rebuilds a JSON value with every string and key passed through a function. `mapString` also gets the key under which
 * a string is found: "" at the root, and for an array's items the array's own key.
 */
export function mapJson<T>(
  value: T,
  mapString: (text: string, key: string) => string,
  mapKey: (key: string) => string = (key) => key,
): T {
  const root: Mapped = [];
  const work: { source: unknown; target: Mapped; slot: string | number; key: string }[] = [
    { source: value, target: root, slot: 0, key: "" },
  ];
  for (let item = work.pop(); item !== undefined; item = work.pop()) {
    const { source, target, slot, key } = item;
    let mapped: unknown = source;
    if (typeof source === "string") mapped = mapString(source, key);
    else if (Array.isArray(source)) {
      const list: unknown[] = new Array(source.length);
      source.forEach((child, index) => {
        work.push({ source: child, target: list, slot: index, key });
      });
      mapped = list;
    } else if (typeof source === "object" && source !== null) {
      const record: Record<string, unknown> = {};
      for (const [name, child] of Object.entries(source)) {
        const cleanName = mapKey(name);
        // Reserves the slot now, so that keys keep their order whatever the order of the work.
        setOwn(record, cleanName, null);
        work.push({ source: child, target: record, slot: cleanName, key: cleanName });
      }
      mapped = record;
    }
    setOwn(target, slot, mapped);
  }
  return (root as unknown[])[0] as T;
}

/** Assigns an own property, even one named `__proto__`, which plain assignment would treat as the prototype. */
function setOwn(target: Mapped, slot: string | number, value: unknown): void {
  if (slot === "__proto__") {
    Object.defineProperty(target, slot, { value, enumerable: true, configurable: true, writable: true });
    return;
  }
  (target as Record<string | number, unknown>)[slot] = value;
}
