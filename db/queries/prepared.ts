import type { Db, Tx } from "@/db/client";

/**
 * A statement whose text never changes, built once for each connection, which also plans it once and keeps it: to build
 * and to plan one that reads a wide row takes longer than to run it. What differs from call to call is a placeholder.
 */
export function prepared<Statement>(
  name: string,
  build: (db: Db) => { prepare(name: string): Statement },
): (db: Db | Tx) => Statement {
  const built = new WeakMap<Db | Tx, Statement>();
  return (db) => {
    const known = built.get(db);
    if (known !== undefined) return known;
    const statement = build(db).prepare(`agentrun-${name}`);
    built.set(db, statement);
    return statement;
  };
}
