import type { ShownImage } from "@/components/images/shown-images";
import { ATTACHMENT_ID, attachmentsIn } from "@/contract/image";
import type { PlanStep } from "./items";

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

/** The images that a message shows; what names none of ours is left out, since an address is made of it. */
export function imagesOf(payload: Payload): ShownImage[] {
  return records(payload.attachments).flatMap((image) => {
    const id = textOf(image, "id") ?? "";
    if (!ATTACHMENT_ID.test(id)) return [];
    const [width, height, sizeBytes] = ["width", "height", "sizeBytes"].map((name) => numberOf(image, name));
    return {
      id,
      name: textOf(image, "name") ?? "image",
      width: width ?? null,
      height: height ?? null,
      sizeBytes: sizeBytes ?? null,
    };
  });
}

/** The same of a command that no event tells of yet: it names them by their ids alone. */
export function namedImagesOf(payload: Payload): ShownImage[] {
  return attachmentsIn(payload).map((id) => ({ id, name: "image", width: null, height: null, sizeBytes: null }));
}

export function stepsOf(payload: Payload): PlanStep[] {
  return records(payload.steps).map((step) => ({
    step: textOf(step, "step", "text") ?? "",
    status: textOf(step, "status") ?? "pending",
  }));
}
