import { z } from "zod";
import { cleanText } from "./text";

const CHOSEN_ID = /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,127}$/;
/** Names that routes use beside a session's id. */
const RESERVED_SESSION_IDS = new Set(["watch", "storage"]);

/** An id that a caller chooses: safe in paths, logs and folder names. */
export const ChosenId = z
  .string()
  .regex(CHOSEN_ID, "1 to 128 letters, digits, _ - . : and a letter or digit first")
  .refine((id) => !id.includes(".."), "must not contain ..");

export const ChosenSessionId = ChosenId.refine((id) => !RESERVED_SESSION_IDS.has(id), "is a reserved word");

/** An id that names an existing record. Looser than what may be chosen, since old rows keep the ids they have. */
export const RecordId = z
  .string()
  .min(1)
  .max(256)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it refuses.
  .regex(/^[^\u0000-\u001f\u007f]*$/, "must not contain control characters");

/** Some records of a list, by their ids: as many as a page of it holds. */
export const RecordIds = z.array(RecordId).min(1).max(200);

/** Tenant and project: text ids that own everything else. */
export const OwnerId = ChosenId;

/** Text that is refused where free text is cleaned: an address or a path with another character is another one. */
export const exactText = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it refuses.
    .regex(/^[^\u0000-\u001f\u007f]*$/, "must not contain control characters")
    .refine((text) => cleanText(text) === text, "must not contain half a surrogate pair");

/** What a person calls something, and tells it from others by. */
export const chosenName = (max: number) =>
  exactText(max).refine((name) => name === name.trim(), "must not begin or end with a space");

export const IdempotencyKey = exactText(255);

/** Free text of bounded length (UTF-16 units), cleaned of what PostgreSQL cannot store. */
export const text = (max: number) => z.string().max(max).transform(cleanText);
export const requiredText = (max: number) => z.string().min(1).max(max).transform(cleanText);

/** An instant with its zone: a local time without one means something else on every machine. */
export const Instant = z.iso
  .datetime({ offset: true, error: "an ISO 8601 instant with its zone, such as 2026-01-31T12:00:00Z" })
  .refine(
    (instant) => {
      const year = new Date(instant).getUTCFullYear();
      // Later years JavaScript writes as PostgreSQL does not read them; earlier ones it reads as ones of our century.
      return year >= 100 && year <= 9_999;
    },
    { error: "a year from 100 to 9999" },
  );

/** A 64-bit count that JavaScript still holds exactly. */
export const Count = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
/** A 32-bit column's range, from zero. */
export const Int32 = z.int().min(0).max(2_147_483_647);
