/** How a figure is drawn, in small. */
export function Swatch({ style }: { style: string }) {
  return <span aria-hidden className={`size-2.5 shrink-0 rounded-xs forced-color-adjust-none ${style}`} />;
}
