/** What work answers; null when it takes longer, while it goes on. */
export async function within<T>(waitMs: number, work: Promise<T>): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((resolve) => {
    timer = setTimeout(resolve, waitMs, null);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}
