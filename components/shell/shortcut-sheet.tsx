"use client";
import Link from "next/link";
import { useRef, useState } from "react";
import { Dialog } from "@/components/ui/dialog/dialog";
import { areShortcutsOn, type Shortcut, setShortcutsOn } from "./shortcuts";

const GROUPS = ["This page", "Go", "Create", "Act", "Lists", "Help"] as const;
const GROUP_HEADINGS: Partial<Record<Shortcut["group"], string>> = { Go: "Go to", Act: "Actions" };

/** The keys of a shortcut; the space bar and the plus sign are ones, and part others. */
function partsOf(keys: string): string[] {
  if (keys === " ") return ["Space"];
  return keys === "+" ? ["+"] : keys.split(/[ +]/);
}

/** Every key, from the registry that handles them, so that the two cannot disagree. */
export function ShortcutSheet({ shortcuts, onClose }: { shortcuts: readonly Shortcut[]; onClose: () => void }) {
  const [isOn, setIsOn] = useState(areShortcutsOn);
  // The first thing that takes the focus by itself is at the end, and the sheet would open scrolled to it.
  const top = useRef<HTMLDivElement>(null);
  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title="Keyboard shortcuts"
      description="Shortcuts are ignored while you type in a field"
      className="sm:w-[min(60rem,calc(100vw-2rem))]"
      initialFocus={top}
    >
      <div ref={top} tabIndex={-1} className="gap-x-8 outline-none sm:columns-2 lg:columns-3">
        {GROUPS.filter((group) => shortcuts.some((shortcut) => shortcut.group === group)).map((group) => (
          <section key={group} className="mb-4">
            <h3 className="mb-1 text-xs font-semibold text-ink-3">{GROUP_HEADINGS[group] ?? group}</h3>
            <dl className="flex flex-col gap-1">
              {shortcuts
                .filter((shortcut) => shortcut.group === group)
                .map((shortcut) => (
                  <div
                    key={shortcut.keys}
                    className="flex break-inside-avoid items-center justify-between gap-3 text-sm"
                  >
                    <dt>{shortcut.name}</dt>
                    <dd className="flex gap-1">
                      {partsOf(shortcut.keys).map((key) => (
                        <kbd
                          key={key}
                          className="rounded border border-line-strong bg-sunken px-1.5 text-xs whitespace-nowrap"
                        >
                          {key === "mod" ? "Ctrl/⌘" : key}
                        </kbd>
                      ))}
                    </dd>
                  </div>
                ))}
            </dl>
          </section>
        ))}
      </div>
      <label className="flex items-center gap-2 border-t pt-3 text-sm">
        <input
          type="checkbox"
          checked={isOn}
          onChange={(event) => {
            setShortcutsOn(event.target.checked);
            setIsOn(event.target.checked);
          }}
        />
        Enable single-key shortcuts
      </label>
      <p className="mt-3 text-sm">
        <Link href="/docs" className="text-accent underline" onClick={onClose}>
          Documentation
        </Link>
      </p>
    </Dialog>
  );
}
