import type { ImageOwner } from "@/components/shell/addresses";
import { revealHiddenInName } from "@/components/ui/hidden-characters";
import { randomId } from "@/components/ui/random-id";
import { IMAGES_BYTES_PER_MESSAGE_MAX, IMAGES_PER_MESSAGE_MAX, imageRefusal, sizeRefusal } from "@/contract/image";
import { describeRefusals, type Refusal } from "./refusals";
import { uploadImage } from "./upload";

/** An image that a message is to show. */
export type PickedImage = {
  key: string;
  name: string;
  file: Blob;
  /** As a data URL, which the pages' policy lets be drawn; null: the file is still being read. */
  preview: string | null;
  /** How much of it is uploaded, 0 to 1; null: nothing is under way. */
  progress: number | null;
  /** Once it is uploaded. */
  attachmentId: string | null;
  error: string | null;
};

type Options = { upload?: typeof uploadImage; preview?: (file: Blob) => Promise<string> };
type Delivery<T> = {
  owner: ImageOwner;
  send: (attachmentIds: string[]) => Promise<T>;
  /** Whether an error of `send` says that there is none of what it named. */
  isGone: (error: unknown) => boolean;
};

/** The images of one message that is being written. They outlive the form that draws them, and a send that failed. */
export class PickedImages {
  #list: readonly PickedImage[] = [];
  #refusals: readonly Refusal[] = [];
  /** What is being read, each until it is taken or refused with why. */
  readonly #reading = new Map<string, Promise<Refusal | null>>();
  /** One after the other, so that what comes in by two ways is counted together. */
  #lastRead: Promise<unknown> = Promise.resolve();
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
  /** Which of the last ones were not taken, and why. */
  readonly refusal = (): string | null => describeRefusals(this.#refusals);

  /**
   * Takes images in, and says of those that it does not take why; with an owner it sends them at once. They are listed
   * from here on, so that a message that is sent right away waits for them; resolves once they are read.
   */
  async add(files: readonly File[], owner?: ImageOwner): Promise<void> {
    if (this.#reading.size === 0) this.#refusals = [];
    const reads = files.map((file) => {
      const fields = { name: nameOfFile(file), preview: null, progress: null, attachmentId: null, error: null };
      const image = { key: randomId(), file, ...fields };
      this.#list = [...this.#list, image];
      const read = this.#lastRead.then(() => this.#take(image, file, owner));
      this.#lastRead = read;
      this.#reading.set(image.key, read);
      return read;
    });
    this.#tell();
    await Promise.all(reads);
  }

  remove(key: string): void {
    this.#uploads.get(key)?.abort.abort();
    this.#drop([key], this.#reading.size === 0 ? this.#refusals : []);
  }

  /**
   * Sends a message with the images that it has now, as soon as they are uploaded, and forgets them once it is sent: what
   * is picked meanwhile goes with the next. Those that the server does not have any more are uploaded once more.
   * Throws what `send` throws, and where one was not taken or not uploaded.
   */
  async deliver<T>({ owner, send, isGone }: Delivery<T>): Promise<T> {
    const keys = this.#list.map(({ key }) => key);
    const pendingRefusals = this.#refusals;
    const ids = await this.#idsOf(keys, owner);
    let sent: T;
    try {
      sent = await send(ids);
    } catch (error) {
      if (ids.length === 0 || !isGone(error)) throw error;
      for (const key of keys) this.#change(key, { attachmentId: null });
      sent = await send(await this.#idsOf(keys, owner));
    }
    this.#drop(keys, pendingRefusals);
    return sent;
  }

  /** Sends what was not sent yet, and what failed once more; answers the ids of all, in their order. */
  async #idsOf(keys: readonly string[], owner: ImageOwner): Promise<string[]> {
    const refusals = await Promise.all(keys.map((key) => this.#settle(key, owner)));
    const refused = describeRefusals(refusals.filter((refusal) => refusal !== null));
    if (refused !== null) throw new Error(`Not sent. ${refused}`);
    const images = this.#list.filter(({ key }) => keys.includes(key));
    const failed = images.find(({ attachmentId }) => attachmentId === null);
    if (failed) throw new Error(`${revealHiddenInName(failed.name)} was not uploaded: ${failed.error ?? "try again"}`);
    // Two pictures of the same content are one attachment.
    return [...new Set(images.flatMap(({ attachmentId }) => attachmentId ?? []))];
  }

  /** Has an image uploaded, unless it is taken out; answers why it was not taken. */
  async #settle(key: string, owner: ImageOwner): Promise<Refusal | null> {
    const reading = this.#reading.get(key);
    const refusal = reading === undefined ? null : await reading;
    const image = this.#list.find((image) => image.key === key);
    if (image) await (this.#uploads.get(key)?.done ?? this.#send(image, owner));
    return refusal;
  }

  /** Reads a file, and takes it in; answers why not. One that was taken out meanwhile is nobody's any more. */
  async #take({ key, name }: PickedImage, file: File, owner?: ImageOwner): Promise<Refusal | null> {
    const isListed = () => this.#list.some((image) => image.key === key);
    const read = isListed() ? await this.#read(file) : null;
    this.#reading.delete(key);
    if (read === null || !isListed()) return null;
    if ("refusal" in read) {
      const refusal = { name: revealHiddenInName(name), reason: read.refusal };
      this.#refusals = [...this.#refusals, refusal];
      this.#list = this.#list.filter((image) => image.key !== key);
      this.#tell();
      return refusal;
    }
    this.#change(key, read);
    const image = this.#list.find((image) => image.key === key);
    if (image && owner !== undefined) void this.#send(image, owner);
    return null;
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
    const taken = this.#list.filter(({ preview }) => preview !== null);
    if (taken.length >= IMAGES_PER_MESSAGE_MAX) return `a message shows ${IMAGES_PER_MESSAGE_MAX} images at most`;
    const sum = taken.reduce((bytes, { file }) => bytes + file.size, sizeBytes);
    if (sum <= IMAGES_BYTES_PER_MESSAGE_MAX) return null;
    return `the images of a message have at most ${IMAGES_BYTES_PER_MESSAGE_MAX / 1024 ** 2} MB in sum`;
  }

  #send({ key, name, file, attachmentId }: PickedImage, owner: ImageOwner): Promise<void> {
    if (attachmentId !== null) return Promise.resolve();
    const abort = new AbortController();
    const onProgress = (progress: number) => this.#change(key, { progress });
    this.#change(key, { progress: 0, error: null });
    const done = this.#upload({ owner, file, name, onProgress, signal: abort.signal })
      .then(({ id }) => this.#change(key, { attachmentId: id, progress: null }))
      .catch((error: unknown) =>
        this.#change(key, { error: error instanceof Error ? error.message : String(error), progress: null }),
      )
      .finally(() => this.#uploads.delete(key));
    this.#uploads.set(key, { done, abort });
    return done;
  }

  #drop(keys: readonly string[], refusals: readonly Refusal[]): void {
    this.#list = this.#list.filter(({ key }) => !keys.includes(key));
    this.#refusals = this.#refusals.filter((refusal) => !refusals.includes(refusal));
    this.#tell();
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
