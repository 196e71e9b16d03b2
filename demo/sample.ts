type Schema = Record<string, unknown>;
type Place = { root: Schema; name: string; depth: number };

/** Past this an array is as short as it may be, and what a schema does not require is left out: schemas refer to themselves. */
const DEPTH_MAX = 4;

/** A small value that fits a JSON Schema, as the scripted model answers it: the same each time. */
export function sampleOf(
  schema: unknown,
  place: Place = { root: schema as Schema, name: "answer", depth: 0 },
): unknown {
  if (typeof schema !== "object" || schema === null) return null;
  const known = schema as Schema;
  if ("const" in known) return known.const;
  if (Array.isArray(known.enum)) return known.enum[0];
  if (typeof known.$ref === "string") return sampleOf(referred(place.root, known.$ref), deeper(place));
  const choices = [known.anyOf, known.oneOf].find(Array.isArray) as unknown[] | undefined;
  // The last one is mostly null, by which a schema that refers to itself comes to its end.
  if (choices !== undefined) return sampleOf(choices.at(place.depth > DEPTH_MAX ? -1 : 0), deeper(place));
  if (Array.isArray(known.allOf)) return Object.assign({}, ...known.allOf.map((part) => sampleOf(part, deeper(place))));
  return sampleOfType(known, place);
}

function sampleOfType(schema: Schema, place: Place): unknown {
  const type = Array.isArray(schema.type) ? schema.type[0] : (schema.type ?? (schema.properties ? "object" : "string"));
  switch (type) {
    case "object":
      return sampleObject(schema, place);
    case "array": {
      const least = numberIn(schema.minItems, 0);
      const length = place.depth > DEPTH_MAX ? least : Math.min(Math.max(least, 1), numberIn(schema.maxItems, 1_000));
      return Array.from({ length }, () => sampleOf(schema.items, deeper(place)));
    }
    case "number":
    case "integer":
      return sampleNumber(schema);
    case "boolean":
      return true;
    case "null":
      return null;
    default:
      return `the demo's ${place.name}`
        .slice(0, numberIn(schema.maxLength, 1_000))
        .padEnd(numberIn(schema.minLength, 0), ".");
  }
}

function sampleObject({ properties, required }: Schema, place: Place): Schema {
  const asked = new Set(Array.isArray(required) ? required : []);
  const parts = Object.entries((properties ?? {}) as Schema).filter(
    ([name]) => place.depth <= DEPTH_MAX || asked.has(name),
  );
  return Object.fromEntries(parts.map(([name, schema]) => [name, sampleOf(schema, { ...deeper(place), name })]));
}

function sampleNumber({ minimum, exclusiveMinimum, maximum, exclusiveMaximum, multipleOf }: Schema): number {
  const step = numberIn(multipleOf, 1);
  const least = Math.max(numberIn(minimum, -Infinity), numberIn(exclusiveMinimum, -Infinity) + step);
  const most = Math.min(numberIn(maximum, Infinity), numberIn(exclusiveMaximum, Infinity) - step);
  return Math.ceil(Math.min(Math.max(step, least), most) / step) * step;
}

function referred(root: Schema, ref: string): unknown {
  if (ref === "#") return root;
  const [, place = "", name = ""] = /^#\/(\$defs|definitions)\/(.+)$/.exec(ref) ?? [];
  return (root[place] as Schema | undefined)?.[name];
}

function deeper(place: Place): Place {
  return { ...place, depth: place.depth + 1 };
}

function numberIn(value: unknown, otherwise: number): number {
  return typeof value === "number" ? value : otherwise;
}
