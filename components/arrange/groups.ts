/** What the rows of a list stand under. */
export type Grouping<Row> = {
  keyOf: (row: Row) => string;
  nameOf: (row: Row) => string;
  /** The keys' order; without one a group stands where its first row would. */
  compare?: (one: string, other: string) => number;
};
export type RowGroup<Row> = { key: string; name: string; rows: readonly Row[] };

/** Rows under what they have in common; within a group they keep their order. Groups of one name bear their keys. */
export function groupRows<Row>(rows: readonly Row[], { keyOf, nameOf, compare }: Grouping<Row>): RowGroup<Row>[] {
  const groups = new Map<string, { key: string; name: string; rows: Row[] }>();
  for (const row of rows) {
    const key = keyOf(row);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { key, name: nameOf(row), rows: [row] });
    else group.rows.push(row);
  }
  const found = [...groups.values()].map((group) => {
    const isAmbiguous = [...groups.values()].some(({ key, name }) => name === group.name && key !== group.key);
    return isAmbiguous ? { ...group, name: group.key } : group;
  });
  return compare === undefined ? found : found.sort((one, other) => compare(one.key, other.key));
}

/** An order by places in a list; what is not in it comes behind, by its letters. */
export function byGivenOrder(orderedKeys: readonly string[]): (one: string, other: string) => number {
  const indexOf = (key: string) => (orderedKeys.includes(key) ? orderedKeys.indexOf(key) : orderedKeys.length);
  return (one, other) => indexOf(one) - indexOf(other) || one.localeCompare(other, "en");
}
