/**
 * Arrays in PostgreSQL's binary format, which the driver passes on unchanged. A flush carries thousands of values; as
 * text each would be quoted here and parsed there, which costs both sides more than the values themselves.
 * Format, from PostgreSQL's `array_recv`: number of dimensions, null flag, element type; then size and lower bound of
 * each dimension; then each element as its length and bytes, with length -1 for null.
 */
const OID = { int4: 23, text: 25, jsonb: 3802 } as const;
const HEADER_BYTES = 20;
const NULL_LENGTH = -1;
/** Binary `jsonb` is this version number followed by the JSON text. */
const JSONB_VERSION = 1;

export function encodeTextArray(values: readonly (string | null)[]): Buffer {
  return stringArray(OID.text, values);
}

/** Encodes JSON texts as a jsonb array. */
export function jsonbArray(values: readonly (string | null)[]): Buffer {
  return stringArray(OID.jsonb, values);
}

export function int4Array(values: readonly (number | null)[]): Buffer {
  const array = header(OID.int4, values.length, values.length * 8);
  let at = HEADER_BYTES;
  for (const value of values) {
    at = array.writeInt32BE(value === null ? NULL_LENGTH : 4, at);
    if (value !== null) at = array.writeInt32BE(value, at);
  }
  return array.subarray(0, at);
}

function stringArray(oid: number, values: readonly (string | null)[]): Buffer {
  const prefixBytes = oid === OID.jsonb ? 1 : 0;
  let bytes = 0;
  for (const value of values) bytes += 4 + (value === null ? 0 : prefixBytes + Buffer.byteLength(value));
  const array = header(oid, values.length, bytes);
  let at = HEADER_BYTES;
  for (const value of values) {
    if (value === null) {
      at = array.writeInt32BE(NULL_LENGTH, at);
      continue;
    }
    const startsAt = at + 4;
    if (prefixBytes > 0) array[startsAt] = JSONB_VERSION;
    const length = prefixBytes + array.write(value, startsAt + prefixBytes);
    array.writeInt32BE(length, at);
    at = startsAt + length;
  }
  return array;
}

/** The header of an array with one dimension that starts at 1; the flag marks that there may be nulls. */
function header(oid: number, length: number, elementBytes: number): Buffer {
  const array = Buffer.allocUnsafe(HEADER_BYTES + elementBytes);
  array.writeInt32BE(1, 0);
  array.writeInt32BE(1, 4);
  array.writeInt32BE(oid, 8);
  array.writeInt32BE(length, 12);
  array.writeInt32BE(1, 16);
  return array;
}
