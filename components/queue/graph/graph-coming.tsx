/** The room of a picture that is on its way: as high as one of a few tasks, so that what stands below it hardly moves. */
export function GraphComing() {
  return <p className="min-h-64 p-4 text-sm text-ink-3">Loading…</p>;
}
