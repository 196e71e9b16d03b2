import type { ReactNode } from "react";

/** Above what is shown: why it may not be what there is now, and what to do about it. */
export function Banner({ children }: { children: ReactNode }) {
  return (
    <div
      role="status"
      className="flex flex-wrap items-center justify-between gap-2 border-b bg-warn-soft px-4 py-1.5 text-xs text-warn lg:px-6"
    >
      {children}
    </div>
  );
}
