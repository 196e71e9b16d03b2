import type { Db, Tx } from "@/db/client";

/**
 * Builds a statement of fixed text once for each connection, which also plans it once and keeps the plan. Building and
 * planning a statement that reads a wide row takes longer than running it. What differs between calls is a placeholder.
 * docs/ARCHITECTURE.md, "Prepared statements", compares this with the other ways to keep a plan.
 */
export function prepared<Statement>(
  name: string,
  build: (db: Db) => { prepare(name: string): Statement },
): (db: Db | Tx) => Statement {
  const built = new WeakMap<Db | Tx, Statement>();
  return (db) => {
    const existing = built.get(db);
    if (existing !== undefined) return existing;
    const statement = build(db).prepare(`agentrun-${name}`);
    built.set(db, statement);
    return statement;
  };
}
