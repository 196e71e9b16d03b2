"use client";
import { BrokenPage } from "@/components/shell/broken-page";

export default function ErrorPage({ error }: { error: Error & { digest?: string } }) {
  return <BrokenPage error={error} />;
}
