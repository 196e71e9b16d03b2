/** How a figure is drawn, in small. */
export function Swatch({ look }: { look: string }) {
  return <span aria-hidden className={`size-2.5 shrink-0 rounded-xs forced-color-adjust-none ${look}`} />;
}
