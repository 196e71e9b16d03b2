"use client";
import { Search } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Input } from "./field";

const TYPING_MS = 200;

type SearchBoxProps = { label: string; placeholder: string; value: string; onChange: (value: string) => void };

/** Where a list is searched; what is typed takes effect once the typing stops for a moment. */
export function SearchBox({ label, placeholder, value, onChange }: SearchBoxProps) {
  const [typed, setTyped] = useState(value);
  const sent = useRef(value);
  // What was changed elsewhere is shown; what comes back of what was typed may have been typed on since.
  useEffect(() => {
    if (value === sent.current) return;
    sent.current = value;
    setTyped(value);
  }, [value]);
  useEffect(() => {
    if (typed === value) return;
    const timer = setTimeout(() => {
      sent.current = typed;
      onChange(typed);
    }, TYPING_MS);
    return () => clearTimeout(timer);
  });
  return (
    <div className="relative w-full sm:w-64">
      <Search aria-hidden className="absolute top-2 left-2.5 size-4 text-ink-3" />
      <Input
        type="search"
        aria-label={label}
        data-shortcut-search
        placeholder={placeholder}
        className="pl-8"
        maxLength={200}
        value={typed}
        onChange={(event) => setTyped(event.target.value)}
      />
    </div>
  );
}
