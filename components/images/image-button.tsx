"use client";
import { ImagePlus } from "lucide-react";
import { useRef } from "react";
import { Button } from "@/components/ui/button";
import { IMAGE_TYPES } from "@/contract/image";

type ImageButtonProps = { isDisabled: boolean; onPick: (files: File[]) => void };

/** Opens the system's own picker. */
export function ImageButton({ isDisabled, onPick }: ImageButtonProps) {
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <Button
        variant="ghost"
        size="icon-sm"
        aria-label="Add images"
        title="Add images (or paste or drop them)"
        disabled={isDisabled}
        onClick={() => input.current?.click()}
      >
        <ImagePlus aria-hidden className="size-4" />
      </Button>
      <input
        ref={input}
        type="file"
        hidden
        multiple
        accept={IMAGE_TYPES.join(",")}
        onChange={(event) => {
          onPick([...(event.target.files ?? [])]);
          // So that the same file can be picked again.
          event.target.value = "";
        }}
      />
    </>
  );
}
