import { uuidv7 } from "uuidv7";
import { ID_PREFIX } from "@/contract/ids";

/** A new id: the kind's prefix and a time-ordered UUID, so that new rows lie together in every index. */
export function newId(kind: keyof typeof ID_PREFIX): string {
  return `${ID_PREFIX[kind]}${uuidv7().replaceAll("-", "")}`;
}
