import { revealHidden } from "./hidden-characters";

const UNITS = [
  { name: "d", ms: 86_400_000 },
  { name: "h", ms: 3_600_000 },
  { name: "m", ms: 60_000 },
  { name: "s", ms: 1_000 },
] as const;

/** A length of time in at most two units: `840 ms`, `4.2 s`, `3 m 12 s`, `2 d 4 h`. */
export function formatDuration(ms: number): string {
  const length = Math.max(0, ms);
  if (length < 1_000) return `${Math.round(length)} ms`;
  if (length < 10_000) return `${(Math.floor(length / 100) / 10).toFixed(1)} s`;
  const index = UNITS.findIndex((unit) => length >= unit.ms);
  const unit = UNITS[index] ?? UNITS[3];
  const wholeUnits = Math.floor(length / unit.ms);
  const next = UNITS[index + 1];
  const remainder = next ? Math.floor((length % unit.ms) / next.ms) : 0;
  return next && remainder > 0 ? `${wholeUnits} ${unit.name} ${remainder} ${next.name}` : `${wholeUnits} ${unit.name}`;
}

/** How long ago or ahead: `now`, `12 s ago`, `in 3 m`. One unit, so that a column of them can be scanned. */
export function formatAge(instantMs: number, nowMs: number): string {
  const distance = nowMs - instantMs;
  const length = Math.abs(distance);
  if (length < 1_000) return "now";
  const unit = UNITS.find((candidate) => length >= candidate.ms) ?? UNITS[3];
  const text = `${Math.floor(length / unit.ms)} ${unit.name}`;
  return distance > 0 ? `${text} ago` : `in ${text}`;
}

const SIZES = ["B", "KiB", "MiB", "GiB", "TiB"] as const;

/** Bytes in binary units: `512 B`, `1.4 MiB`. */
export function formatBytes(bytes: number): string {
  let size = bytes;
  let index = 0;
  while (size >= 1_024 && index < SIZES.length - 1) {
    size /= 1_024;
    index += 1;
  }
  return `${index === 0 || size >= 100 ? Math.round(size) : size.toFixed(1)} ${SIZES[index]}`;
}

/** A count for narrow places: `940`, `12.4k`, `3.1M`, `2.0B`. */
export function formatCount(count: number): string {
  if (count < 1_000) return String(count);
  if (count < 1_000_000) return `${(count / 1_000).toFixed(count < 10_000 ? 1 : 0)}k`;
  if (count < 1_000_000_000) return `${(count / 1_000_000).toFixed(1)}M`;
  return `${(count / 1_000_000_000).toFixed(1)}B`;
}

/** Tokens for narrow places: `1 token`, `940 tokens`, `12.4k tokens`. */
export function formatTokens(tokens: number): string {
  return `${formatCount(tokens)} ${tokens === 1 ? "token" : "tokens"}`;
}

const MICROS = 1_000_000;

/**
 * Money by its millionths: `$12.40`, `€0.0123`, `$0.000041`. Small amounts keep as many digits as tell them apart, since a
 * call costs a part of a cent. A currency that the browser does not know is shown by its three letters.
 */
export function formatMoney(micros: number, currency: string): string {
  const digits = micros >= MICROS || micros === 0 ? 2 : micros >= MICROS / 100 ? 4 : 6;
  return new Intl.NumberFormat("en", {
    style: "currency",
    currency,
    minimumFractionDigits: 2,
    maximumFractionDigits: digits,
  }).format(micros / MICROS);
}

/** `1 event`, `2 events`. */
export function formatPlural(count: number, singular: string, plural = `${singular}s`): string {
  return `${count.toLocaleString("en")} ${count === 1 ? singular : plural}`;
}

/** An id that is too long for its place, with both ends kept: prefixes tell kinds apart, ends tell records apart. */
export function shortenId(id: string, keep = 6): string {
  return revealHidden(id.length <= keep + 14 ? id : `${id.slice(0, 10)}…${id.slice(-keep)}`);
}

/** Words as a sentence begins. */
export function sentence(phrase: string): string {
  return `${phrase.charAt(0).toUpperCase()}${phrase.slice(1)}`;
}
