import { randomUUID } from "node:crypto";
import { jsonIn } from "@/contract/json-in";
import type { CallDelta } from "./chunk";
import type { CallEntry, ResponseWriter } from "./output";

/** What a call takes besides its arguments, counted in characters. */
const CALL_LENGTH = 1_024;

type Slot = { id: string; entry: CallEntry | null; early: string };

/**
 * Assembles calls from their pieces: by index where the provider numbers them, else by id; otherwise each piece
 * continues the last call. A call begins once its name is known.
 */
export class CallGatherer {
  readonly #slots: Slot[] = [];
  readonly #byIndex = new Map<number, Slot>();
  constructor(
    private readonly writer: ResponseWriter,
    /** Ids in use: an agent distinguishes calls by their ids alone. */
    private readonly takenIds: Set<string>,
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
      slot.early += args;
      if (name === "") return;
      slot.entry = this.writer.call(this.#freeId(slot.id), name);
      if (slot.early !== "") this.writer.callDelta(slot.entry, slot.early);
    } else if (args !== "") this.writer.callDelta(slot.entry, args);
  }

  end(): void {
    for (const { entry } of this.#slots) if (entry) this.writer.endCall(entry);
  }

  #slotOf(delta: CallDelta, name: string): Slot {
    const id = delta.id ?? "";
    const index = delta.index ?? null;
    const known =
      index !== null
        ? this.#byIndex.get(index)
        : id === ""
          ? name === ""
            ? this.#slots.at(-1)
            : undefined
          : this.#slots.find((slot) => slot.id === id);
    // Some providers give every call the index 0. There a different id with a name begins another call; and where no
    // call has an id, so does a name after complete arguments.
    const isOther = known?.entry && name !== "" && (isOtherId(id, known.id) || isNextOf(id, known.id, known.entry));
    if (known && !isOther) {
      known.id ||= id;
      return known;
    }
    const slot: Slot = { id, entry: null, early: "" };
    this.#slots.push(slot);
    this.length += CALL_LENGTH + id.length + name.length;
    if (index !== null) this.#byIndex.set(index, slot);
    return slot;
  }

  #freeId(id: string): string {
    const free = id === "" || this.takenIds.has(id) ? `call_${randomUUID().replaceAll("-", "")}` : id;
    this.takenIds.add(free);
    return free;
  }
}

function isOtherId(id: string, knownId: string): boolean {
  return id !== "" && knownId !== "" && id !== knownId;
}

function isNextOf(id: string, knownId: string, { args }: CallEntry): boolean {
  if (id !== "" || knownId !== "") return false;
  const written = args.read();
  return written.trimEnd().endsWith("}") && jsonIn(written) !== undefined;
}

/** Arguments arrive as a text, or complete as an object. */
function argumentsIn(delta: CallDelta): string {
  const args = delta.function?.arguments ?? "";
  return typeof args === "string" ? args : JSON.stringify(args);
}
