import { useEffect, useRef, useState } from "react";

/** So long a card that has moved by itself is marked. */
const MARKED_MS = 2_000;

/** The cards that stand in another column than a moment ago; another grouping moves none. */
export function useMoved(columns: readonly { key: string; cards: readonly { id: string }[] }[], by: string) {
  const [moved, setMoved] = useState<ReadonlySet<string>>(new Set());
  const before = useRef<{ by: string; columnByCard: ReadonlyMap<string, string> } | null>(null);
  const timers = useRef(new Set<ReturnType<typeof setTimeout>>());
  useEffect(() => {
    const columnByCard = new Map(columns.flatMap(({ key, cards }) => cards.map(({ id }) => [id, key] as const)));
    const from = before.current;
    before.current = { by, columnByCard };
    if (from === null || from.by !== by) return;
    const now = [...columnByCard].filter(([id, key]) => (from.columnByCard.get(id) ?? key) !== key).map(([id]) => id);
    if (now.length === 0) return;
    setMoved((current) => new Set([...current, ...now]));
    const timer = setTimeout(() => {
      timers.current.delete(timer);
      setMoved((current) => new Set([...current].filter((id) => !now.includes(id))));
    }, MARKED_MS);
    timers.current.add(timer);
  });
  useEffect(() => {
    const running = timers.current;
    return () => {
      for (const timer of running) clearTimeout(timer);
    };
  }, []);
  return moved;
}
