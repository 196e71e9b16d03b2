/** Why an image was not taken, by its name as it may be shown. */
export type Refusal = { name: string; reason: string };

/** Of so many that were refused for the same reason the names are told; of more, how many. */
const NAMES_MAX = 3;

/** In one line; null where nothing was refused. */
export function describeRefusals(refusals: readonly Refusal[]): string | null {
  const [only] = refusals;
  if (only === undefined) return null;
  if (refusals.length === 1) return `${only.name}: ${only.reason}`;
  const reasons = [...new Set(refusals.map(({ reason }) => reason))].map((reason) => {
    const names = refusals.filter((refusal) => refusal.reason === reason).map(({ name }) => name);
    const more = names.length > NAMES_MAX ? ` and ${names.length - NAMES_MAX} more` : "";
    return `${names.slice(0, NAMES_MAX).join(", ")}${more}: ${reason}`;
  });
  return `${refusals.length} images were rejected. ${reasons.join("; ")}`;
}

/** Why a message cannot be sent as it is: what is shown needs a few words with it. null when it may be. */
export function wordsRefusal(text: string, images: readonly unknown[]): string | null {
  return images.length === 0 || text.trim() !== "" ? null : "Add a message to send with the images.";
}
