"use client";
import { Search } from "lucide-react";
import { useEffect, useState } from "react";
import { Input } from "./field";

const TYPING_MS = 200;

type SearchBoxProps = { label: string; placeholder: string; value: string; onChange: (value: string) => void };

/** Where a list is searched; what is typed takes effect once the typing stops for a moment. */
export function SearchBox({ label, placeholder, value, onChange }: SearchBoxProps) {
  const [typed, setTyped] = useState(value);
  useEffect(() => setTyped(value), [value]);
  useEffect(() => {
    if (typed === value) return;
    const timer = setTimeout(() => onChange(typed), TYPING_MS);
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
