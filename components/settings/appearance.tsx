"use client";
import { useRouter } from "next/navigation";
import { useEffect, useState } from "react";
import { areShortcutsOn, setShortcutsOn } from "@/components/shell/shortcuts";
import { setTheme } from "@/components/shell/theme";
import { THEME_NAMES, THEMES, type Theme } from "@/components/shell/theme-names";
import { Choices } from "@/components/ui/form/choices";
import { Panel } from "@/components/ui/page";
import { setTimeMode, TIME_MODES, type TimeMode, useTimeMode } from "@/components/ui/time/clock";

const TIME_NAMES: Record<TimeMode, string> = { relative: "Relative", local: "Local time", utc: "UTC" };

/** What this browser keeps for itself. */
export function Appearance({ theme }: { theme: Theme }) {
  const router = useRouter();
  const [chosen, setChosen] = useState(theme);
  const timeMode = useTimeMode();
  const [hasKeys, setHasKeys] = useState(true);
  useEffect(() => setHasKeys(areShortcutsOn()), []);
  return (
    <Panel title="Appearance">
      <div className="flex flex-col gap-4 p-4 text-sm">
        <div className="flex flex-col gap-1.5">
          <p className="text-xs font-medium text-ink-2">Theme</p>
          <Choices
            label="Theme"
            values={THEMES}
            names={{ ...THEME_NAMES, system: "System", contrast: "Contrast" }}
            value={chosen}
            onChange={(next) => {
              setChosen(next);
              setTheme(next);
              router.refresh();
            }}
          />
        </div>
        <div className="flex flex-col gap-1.5">
          <p className="text-xs font-medium text-ink-2">Times</p>
          <Choices label="Times" values={TIME_MODES} names={TIME_NAMES} value={timeMode} onChange={setTimeMode} />
        </div>
        <label className="flex items-center gap-2 text-sm">
          <input
            type="checkbox"
            checked={hasKeys}
            onChange={(event) => {
              setShortcutsOn(event.target.checked);
              setHasKeys(event.target.checked);
            }}
          />
          Enable single-key shortcuts
        </label>
      </div>
    </Panel>
  );
}
