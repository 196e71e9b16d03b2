import { showHidden } from "@/components/ui/hidden-text";
import { randomId } from "@/components/ui/random-id";
import { IMAGES_BYTES_PER_MESSAGE_MAX, IMAGES_PER_MESSAGE_MAX, imageRefusal, sizeRefusal } from "@/contract/image";
import { uploadImage } from "./upload";

/** An image that a message is to show. */
export type PickedImage = {
  key: string;
  name: string;
  file: Blob;
  /** As a data URL, which the pages' policy lets be drawn. */
  preview: string;
  /** How much of it is uploaded, 0 to 1; null: nothing is under way. */
  progress: number | null;
  /** Once it is uploaded. */
  attachmentId: string | null;
  error: string | null;
};

type Options = { upload?: typeof uploadImage; preview?: (file: Blob) => Promise<string> };

/** The images of one message that is being written. They outlive the form that draws them, and a send that failed. */
export class PickedImages {
  #list: readonly PickedImage[] = [];
  #refusal: string | null = null;
  readonly #readers = new Set<() => void>();
  readonly #uploads = new Map<string, { done: Promise<void>; abort: AbortController }>();
  readonly #upload: typeof uploadImage;
  readonly #preview: (file: Blob) => Promise<string>;

  constructor({ upload = uploadImage, preview = readDataUrl }: Options = {}) {
    this.#upload = upload;
    this.#preview = preview;
  }

  readonly subscribe = (reader: () => void): (() => void) => {
    this.#readers.add(reader);
    return () => this.#readers.delete(reader);
  };
  readonly list = (): readonly PickedImage[] => this.#list;
  /** Why the last one was not taken. */
  readonly refusal = (): string | null => this.#refusal;

  /** Takes images in, and says of those that it does not take why; with a session it sends them at once. */
  async add(files: readonly File[], sessionId?: string): Promise<void> {
    this.#refusal = null;
    for (const file of files) {
      const name = nameOfFile(file);
      const read = await this.#read(file);
      if ("refusal" in read) {
        this.#refusal = `${showHidden(name)}: ${read.refusal}`;
        continue;
      }
      const { preview } = read;
      const image = { key: randomId(), name, file, preview, progress: null, attachmentId: null, error: null };
      this.#list = [...this.#list, image];
      if (sessionId !== undefined) void this.#send(image, sessionId);
    }
    this.#tell();
  }

  remove(key: string): void {
    this.#uploads.get(key)?.abort.abort();
    this.#list = this.#list.filter((image) => image.key !== key);
    this.#refusal = null;
    this.#tell();
  }

  /** Forgets those that were sent. */
  forget(ids: readonly string[]): void {
    this.#list = this.#list.filter(({ attachmentId }) => attachmentId === null || !ids.includes(attachmentId));
    this.#refusal = null;
    this.#tell();
  }

  /** Sends what was not sent yet, and what failed once more; answers the ids of all, in their order. */
  async ids(sessionId: string): Promise<string[]> {
    await Promise.all(this.#list.map((image) => this.#uploads.get(image.key)?.done ?? this.#send(image, sessionId)));
    const failed = this.#list.find(({ attachmentId }) => attachmentId === null);
    if (failed) throw new Error(`${showHidden(failed.name)} was not uploaded: ${failed.error ?? "try again"}`);
    // Two pictures of the same content are one attachment.
    return [...new Set(this.#list.flatMap(({ attachmentId }) => attachmentId ?? []))];
  }

  async #read(file: File): Promise<{ preview: string } | { refusal: string }> {
    try {
      const refusal =
        sizeRefusal(file.size) ?? imageRefusal(new Uint8Array(await file.arrayBuffer())) ?? this.#refuseMore(file.size);
      return refusal === null ? { preview: await this.#preview(file) } : { refusal };
    } catch {
      // A folder, or a file that has gone meanwhile.
      return { refusal: "it cannot be read" };
    }
  }

  #refuseMore(sizeBytes: number): string | null {
    if (this.#list.length >= IMAGES_PER_MESSAGE_MAX) return `a message shows ${IMAGES_PER_MESSAGE_MAX} images at most`;
    const sum = this.#list.reduce((bytes, { file }) => bytes + file.size, sizeBytes);
    if (sum <= IMAGES_BYTES_PER_MESSAGE_MAX) return null;
    return `the images of a message have at most ${IMAGES_BYTES_PER_MESSAGE_MAX / 1024 ** 2} MB in sum`;
  }

  #send({ key, name, file, attachmentId }: PickedImage, sessionId: string): Promise<void> {
    if (attachmentId !== null) return Promise.resolve();
    const abort = new AbortController();
    const onProgress = (progress: number) => this.#change(key, { progress });
    this.#change(key, { progress: 0, error: null });
    const done = this.#upload({ sessionId, file, name, onProgress, signal: abort.signal })
      .then(({ id }) => this.#change(key, { attachmentId: id, progress: null }))
      .catch((error: unknown) =>
        this.#change(key, { error: error instanceof Error ? error.message : String(error), progress: null }),
      )
      .finally(() => this.#uploads.delete(key));
    this.#uploads.set(key, { done, abort });
    return done;
  }

  #change(key: string, fields: Partial<PickedImage>): void {
    this.#list = this.#list.map((image) => (image.key === key ? { ...image, ...fields } : image));
    this.#tell();
  }

  #tell(): void {
    for (const reader of this.#readers) reader();
  }
}

/** What a file is called, as the server takes it: no control characters, and not too long. */
function nameOfFile({ name }: File): string {
  const plain = Array.from(name.replaceAll(/\p{Cc}|\p{Cs}/gu, "")).slice(0, 100);
  return plain.join("") || "image";
}

function readDataUrl(file: Blob): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(reader.error ?? new Error("it could not be read"));
    reader.readAsDataURL(file);
  });
}
