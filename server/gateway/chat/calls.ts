import { randomUUID } from "node:crypto";
import { jsonIn } from "@/contract/json-in";
import type { CallDelta } from "./chunk";
import type { CallEntry, ResponseWriter } from "./output";

/** What a call takes besides its arguments, counted in characters. */
const CALL_OVERHEAD = 1_024;

type Slot = { id: string; entry: CallEntry | null; earlyArguments: string };

/**
 * Assembles calls from their pieces: by index where the provider numbers them, else by id; otherwise each piece
 * continues the last call. A call begins once its name is known.
 */
export class CallCollector {
  readonly #slots: Slot[] = [];
  readonly #byIndex = new Map<number, Slot>();
  constructor(
    private readonly writer: ResponseWriter,
    /** Ids in use: an agent distinguishes calls by their ids alone. */
    private readonly usedIds: Set<string>,
  ) {}

  /** The size of the calls in the answer, in characters. */
  length = 0;

  get count(): number {
    return this.#slots.length;
  }

  /** Whether every call has a name. */
  get areNamed(): boolean {
    return this.#slots.every(({ entry }) => entry !== null);
  }

  take(delta: CallDelta): void {
    const name = delta.function?.name ?? "";
    const slot = this.#slotOf(delta, name);
    const args = argumentsIn(delta);
    this.length += args.length;
    if (!slot.entry) {
      slot.earlyArguments += args;
      if (name === "") return;
      slot.entry = this.writer.call(this.#uniqueId(slot.id), name);
      if (slot.earlyArguments !== "") this.writer.callDelta(slot.entry, slot.earlyArguments);
    } else if (args !== "") this.writer.callDelta(slot.entry, args);
  }

  end(): void {
    for (const { entry } of this.#slots) if (entry) this.writer.endCall(entry);
  }

  #slotOf(delta: CallDelta, name: string): Slot {
    const id = delta.id ?? "";
    const index = delta.index ?? null;
    const existing =
      index !== null
        ? this.#byIndex.get(index)
        : id === ""
          ? name === ""
            ? this.#slots.at(-1)
            : undefined
          : this.#slots.find((slot) => slot.id === id);
    // Some providers give every call the index 0. There a different id with a name begins another call; and where no
    // call has an id, so does a name after complete arguments.
    const isNewCall =
      existing?.entry &&
      name !== "" &&
      (isDifferentId(id, existing.id) || followsComplete(id, existing.id, existing.entry));
    if (existing && !isNewCall) {
      existing.id ||= id;
      return existing;
    }
    const slot: Slot = { id, entry: null, earlyArguments: "" };
    this.#slots.push(slot);
    this.length += CALL_OVERHEAD + id.length + name.length;
    if (index !== null) this.#byIndex.set(index, slot);
    return slot;
  }

  #uniqueId(id: string): string {
    const uniqueId = id === "" || this.usedIds.has(id) ? `call_${randomUUID().replaceAll("-", "")}` : id;
    this.usedIds.add(uniqueId);
    return uniqueId;
  }
}

function isDifferentId(id: string, knownId: string): boolean {
  return id !== "" && knownId !== "" && id !== knownId;
}

function followsComplete(id: string, knownId: string, { args }: CallEntry): boolean {
  if (id !== "" || knownId !== "") return false;
  const text = args.read();
  return text.trimEnd().endsWith("}") && jsonIn(text) !== undefined;
}

/** Arguments arrive as a text, or complete as an object. */
function argumentsIn(delta: CallDelta): string {
  const args = delta.function?.arguments ?? "";
  return typeof args === "string" ? args : JSON.stringify(args);
}
