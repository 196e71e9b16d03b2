"use client";
import { TriangleAlert, X } from "lucide-react";
import { Button } from "@/components/ui/button";
import { cn } from "@/components/ui/class-names";
import { revealHiddenInName } from "@/components/ui/hidden-characters";
import type { PickedImage, PickedImages } from "./picked-images";
import { usePickedImages } from "./use-images";

/** The images that go with a message: each can be taken out again, and says how far it is or what went wrong. */
export function PickedStrip({ images, className }: { images: PickedImages; className?: string }) {
  const { list, refusal } = usePickedImages(images);
  if (list.length === 0 && refusal === null) return null;
  return (
    <div className={cn("flex flex-col gap-1.5", className)}>
      {list.length > 0 && (
        <ul aria-label="Images to send" className="flex flex-wrap gap-2">
          {list.map((image) => (
            <Thumbnail key={image.key} image={image} onRemove={() => images.remove(image.key)} />
          ))}
        </ul>
      )}
      {refusal !== null && (
        <p role="alert" className="text-xs wrap-anywhere text-bad">
          {refusal}
        </p>
      )}
    </div>
  );
}

const FRAME = "size-16 rounded-md border border-line-strong bg-panel";

function Thumbnail({ image, onRemove }: { image: PickedImage; onRemove: () => void }) {
  const { preview, progress, error } = image;
  const name = revealHiddenInName(image.name);
  return (
    <li className="relative" title={error === null ? name : `${name}: ${error}`}>
      {preview === null ? (
        <span role="img" aria-label={`Reading ${name}`} className={cn(FRAME, "block animate-pulse")} />
      ) : (
        // biome-ignore lint/performance/noImgElement: a data URL is there already.
        <img
          src={preview}
          alt={name}
          className={cn(
            FRAME,
            "object-cover",
            progress !== null && "opacity-50",
            error !== null && "border-bad opacity-50",
          )}
        />
      )}
      {progress !== null && (
        <progress
          aria-label={`Uploading ${name}`}
          value={progress}
          className="absolute inset-x-1 bottom-1 h-1 w-14 overflow-hidden rounded-full accent-accent"
        />
      )}
      {error !== null && (
        <p className="absolute inset-x-0 bottom-0.5 flex justify-center text-bad">
          <TriangleAlert aria-hidden className="size-4" />
          <span className="sr-only">Not uploaded: {error}</span>
        </p>
      )}
      <Button
        size="icon-sm"
        aria-label={`Remove ${name}`}
        className="absolute -top-2 -right-2 size-6 rounded-full"
        onClick={onRemove}
      >
        <X aria-hidden className="size-3.5" />
      </Button>
    </li>
  );
}
