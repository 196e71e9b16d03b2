import { z } from "zod";
import { cleanText } from "./text";

const CHOSEN_ID = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$/;
/** Names that routes use in the place of a session's id. */
const RESERVED_SESSION_IDS = new Set(["watch", "storage", "search"]);

/** An id chosen by a caller; safe in paths, logs and folder names. */
export const ChosenId = z
  .string()
  .regex(CHOSEN_ID, "1 to 128 letters, digits, _ - . : and a letter or digit first")
  .refine((id) => !id.includes(".."), "must not contain ..");

export const ChosenSessionId = ChosenId.refine((id) => !RESERVED_SESSION_IDS.has(id), "is a reserved word");

/** The id of an existing record. Accepts more than ChosenId, because old rows keep the ids they have. */
export const RecordId = z
  .string()
  .min(1)
  .max(256)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it refuses.
  .regex(/^[^\u0000-\u001f\u007f]*$/, "must not contain control characters");

/** Ids of records of one list; at most as many as a page of it holds. */
export const RecordIds = z.array(RecordId).min(1).max(200);

/** The id of a tenant or project, which own all other records. */
export const OwnerId = ChosenId;

/**
 * Text that is refused instead of cleaned when it contains control characters or half a surrogate pair: an address or
 * path with a changed character is a different one.
 */
export const exactText = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it refuses.
    .regex(/^[^\u0000-\u001f\u007f]*$/, "must not contain control characters")
    .refine((text) => cleanText(text) === text, "must not contain half a surrogate pair");

/** A name that a person gives to something to tell it from others. */
export const chosenName = (max: number) =>
  exactText(max).refine((name) => name === name.trim(), "must not begin or end with a space");

export const IdempotencyKey = exactText(255);

/** Free text of bounded length (UTF-16 units), cleaned of what PostgreSQL cannot store. */
export const text = (max: number) => z.string().max(max).transform(cleanText);
export const requiredText = (max: number) => z.string().min(1).max(max).transform(cleanText);

/** An instant with its time zone: a local time without one means something different on every machine. */
export const Instant = z.iso
  .datetime({ offset: true, error: "an ISO 8601 instant with its zone, such as 2026-01-31T12:00:00Z" })
  .refine(
    (instant) => {
      const year = new Date(instant).getUTCFullYear();
      // JavaScript writes later years in a form that PostgreSQL does not read, and reads earlier ones as years of our
      // century.
      return year >= 100 && year <= 9_999;
    },
    { error: "a year from 100 to 9999" },
  );

/** A 64-bit count that JavaScript can represent exactly. */
export const Count = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
/** The non-negative range of a 32-bit column. */
export const Int32 = z.int().min(0).max(2_147_483_647);
