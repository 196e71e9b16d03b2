"use client";
import Link from "next/link";
import { useState } from "react";
import { Dialog } from "@/components/ui/dialog";
import { areShortcutsOn, type Shortcut, setShortcutsOn } from "./shortcuts";

const GROUPS = ["This page", "Go", "Act", "Lists", "Help"] as const;

/** The keys of a shortcut; the space bar and the plus sign are ones, and part others. */
function partsOf(keys: string): string[] {
  if (keys === " ") return ["Space"];
  return keys === "+" ? ["+"] : keys.split(/[ +]/);
}

/** Every key, from the registry that handles them, so that the two cannot disagree. */
export function ShortcutSheet({ shortcuts, onClose }: { shortcuts: readonly Shortcut[]; onClose: () => void }) {
  const [isOn, setIsOn] = useState(areShortcutsOn);
  return (
    <Dialog
      isOpen
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title="Keyboard shortcuts"
      description="None of them fires while you type."
    >
      <div className="grid gap-x-8 gap-y-4 sm:grid-cols-2">
        {GROUPS.filter((group) => shortcuts.some((shortcut) => shortcut.group === group)).map((group) => (
          <section key={group}>
            <h3 className="mb-1 text-xs font-semibold text-ink-3">{group}</h3>
            <dl className="flex flex-col gap-1">
              {shortcuts
                .filter((shortcut) => shortcut.group === group)
                .map((shortcut) => (
                  <div key={shortcut.keys} className="flex items-center justify-between gap-3 text-sm">
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
      <label className="mt-4 flex items-center gap-2 border-t pt-3 text-sm">
        <input
          type="checkbox"
          checked={isOn}
          onChange={(event) => {
            setShortcutsOn(event.target.checked);
            setIsOn(event.target.checked);
          }}
        />
        Single-key shortcuts
      </label>
      <p className="mt-3 text-sm">
        <Link href="/docs" className="text-accent underline" onClick={onClose}>
          Documentation
        </Link>
      </p>
    </Dialog>
  );
}
