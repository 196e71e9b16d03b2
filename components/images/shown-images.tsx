"use client";
import { useState } from "react";
import { attachmentAddress } from "@/components/shell/addresses";
import { cn } from "@/components/ui/class-names";
import { Dialog } from "@/components/ui/dialog/dialog";
import { formatBytes } from "@/components/ui/format";
import { revealHiddenInName } from "@/components/ui/hidden-characters";

/** An image that a message shows, as far as its event tells of it. */
export type ShownImage = {
  id: string;
  name: string;
  width: number | null;
  height: number | null;
  sizeBytes: number | null;
};

/** The images of a message or task, small; each opens large. */
export function ShownImages({ images, className }: { images: readonly ShownImage[]; className?: string }) {
  const [opened, setOpened] = useState<ShownImage | null>(null);
  const [isOpen, setIsOpen] = useState(false);
  if (images.length === 0) return null;
  return (
    <>
      <ul aria-label="Images" className={cn("flex max-w-full flex-wrap gap-1.5", className)}>
        {images.map((image) => (
          <li key={image.id} className="max-w-full">
            <button
              type="button"
              title="Open full size"
              className="block max-w-full cursor-zoom-in overflow-hidden rounded-md border border-line-strong bg-panel"
              onClick={() => {
                setOpened(image);
                setIsOpen(true);
              }}
            >
              <Picture image={image} className="h-24 w-auto max-w-full min-w-12 object-contain" isLazy />
            </button>
          </li>
        ))}
      </ul>
      {opened !== null && (
        <Dialog
          isOpen={isOpen}
          onOpenChange={setIsOpen}
          title={revealHiddenInName(opened.name)}
          description={imageSizeWords(opened)}
          className="sm:w-max sm:max-w-[calc(100vw-2rem)] sm:min-w-80 sm:top-[4dvh] sm:max-h-[92dvh]"
        >
          <Picture image={opened} className="mx-auto max-h-[76dvh] w-auto max-w-full" />
        </Dialog>
      )}
    </>
  );
}

/** Its size is known before it is there, so that nothing moves when it comes. */
function Picture({ image, className, isLazy = false }: { image: ShownImage; className: string; isLazy?: boolean }) {
  const { id, name, width, height } = image;
  return (
    // biome-ignore lint/performance/noImgElement: it is served as it is, to who may see it.
    <img
      src={attachmentAddress(id)}
      alt={revealHiddenInName(name)}
      loading={isLazy ? "lazy" : "eager"}
      decoding="async"
      width={width ?? undefined}
      height={height ?? undefined}
      className={className}
    />
  );
}

function imageSizeWords({ width, height, sizeBytes }: ShownImage): string | undefined {
  const facts = [
    ...(width === null || height === null ? [] : [`${width} × ${height} pixels`]),
    ...(sizeBytes === null ? [] : [formatBytes(sizeBytes)]),
  ];
  return facts.length === 0 ? undefined : facts.join(" · ");
}
