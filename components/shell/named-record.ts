import { useEffect, useState } from "react";

/** The record of a list that the address names after its `#`, as `/r/<id>` leads to it. */
export function useNamedRecord(): string | null {
  const [id, setId] = useState<string | null>(null);
  useEffect(() => {
    const read = () => setId(decodeURIComponent(window.location.hash.slice(1)) || null);
    read();
    window.addEventListener("hashchange", read);
    return () => window.removeEventListener("hashchange", read);
  }, []);
  return id;
}
