import { DEMO_PROFILE } from "@/contract/words";

/** Marks what a scripted model answers, wherever it is shown. */
export function DemoLabel({ profile }: { profile: string }) {
  if (profile !== DEMO_PROFILE) return null;
  return (
    <span
      title="Demo: real codex with a scripted model"
      className="shrink-0 rounded border align-middle border-line-strong px-1 text-2xs font-medium text-ink-2"
    >
      demo
    </span>
  );
}

/** A backend profile's name, with the demo marked. */
export function Profile({ profile }: { profile: string }) {
  return (
    <span className="inline-flex items-center gap-1.5 whitespace-nowrap">
      {profile === DEMO_PROFILE ? null : profile}
      <DemoLabel profile={profile} />
    </span>
  );
}
