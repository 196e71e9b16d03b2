/** AgentRun's mark: an A that stands on its line. */
export function Logo({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 32 32" aria-hidden="true" className={className}>
      <rect width="32" height="32" rx="8" fill="var(--accent-fill)" />
      <path d="M9 21.5 14.2 8h3.6L23 21.5h-3.3l-1-2.9h-5.4l-1 2.9z" fill="#fff" />
      <path d="M14.1 16h3.8L16 10.6z" fill="var(--accent-fill)" />
      <rect x="9" y="23.5" width="14" height="1.8" rx=".9" fill="#fff" opacity=".75" />
    </svg>
  );
}
