"use client";
import { Button } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/page";

export default function ErrorPage({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return (
    <main className="flex min-h-dvh items-center">
      <EmptyState title="This page broke" action={<Button onClick={reset}>Try again</Button>}>
        {error.message}
        {error.digest !== undefined && <code className="mt-2 block text-xs">{error.digest}</code>}
      </EmptyState>
    </main>
  );
}
