"use client";
import { type ClipboardEvent, useEffect, useState, useSyncExternalStore } from "react";
import type { PickedImages } from "./picked-images";

const NO_IMAGES: never[] = [];

/** The images of a message that is being written, as they are now. */
export function usePickedImages(images: PickedImages) {
  return {
    list: useSyncExternalStore(images.subscribe, images.list, () => NO_IMAGES),
    refusal: useSyncExternalStore(images.subscribe, images.refusal, () => null),
  };
}

/**
 * Takes images that are dropped anywhere on the page, where a browser would leave it to show them, and those that are
 * pasted into a field. `isDraggedOver`: something is being dragged over the page.
 */
export function useImageIntake({ isOn, add }: { isOn: boolean; add: (files: File[]) => void }) {
  const [isDraggedOver, setIsDraggedOver] = useState(false);
  useEffect(() => {
    if (!isOn) return;
    const holdsFiles = (event: DragEvent) => event.dataTransfer?.types.includes("Files") === true;
    const onDragOver = (event: DragEvent) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      setIsDraggedOver(true);
    };
    const onDragLeave = (event: DragEvent) => {
      // Between two elements there is another one; out of the window there is none.
      if (event.relatedTarget === null) setIsDraggedOver(false);
    };
    const onDrop = (event: DragEvent) => {
      if (!holdsFiles(event)) return;
      event.preventDefault();
      setIsDraggedOver(false);
      add([...(event.dataTransfer?.files ?? [])]);
    };
    window.addEventListener("dragover", onDragOver);
    window.addEventListener("dragleave", onDragLeave);
    window.addEventListener("drop", onDrop);
    return () => {
      window.removeEventListener("dragover", onDragOver);
      window.removeEventListener("dragleave", onDragLeave);
      window.removeEventListener("drop", onDrop);
    };
  }, [isOn, add]);

  const onPaste = (event: ClipboardEvent) => {
    const files = [...event.clipboardData.files];
    // Where there is text too, as of a table's cells, the text was meant.
    if (!isOn || files.length === 0 || event.clipboardData.getData("text/plain") !== "") return;
    event.preventDefault();
    add(files);
  };
  return { isDraggedOver, onPaste };
}
