import type { Metadata, Viewport } from "next";
import { cookies } from "next/headers";
import type { ReactNode } from "react";
import { AddressAdapter } from "@/components/shell/address-adapter";
import { Hydrated } from "@/components/shell/hydrated";
import { readTheme, THEME_COOKIE } from "@/components/shell/theme-names";
import { Toasts } from "@/components/shell/toasts";
import { ApiProvider } from "@/components/trpc/client";
import "./globals.css";

export const metadata: Metadata = {
  title: { default: "AgentRun", template: "%s · AgentRun" },
  description: "A control plane for coding agents",
  icons: { icon: { url: "/favicon.svg", type: "image/svg+xml" } },
  robots: { index: false, follow: false },
};
export const viewport: Viewport = {
  width: "device-width",
  initialScale: 1,
  themeColor: [
    { media: "(prefers-color-scheme: light)", color: "#ffffff" },
    { media: "(prefers-color-scheme: dark)", color: "#14171b" },
  ],
};

/** The theme comes with the first byte, from a cookie, so nothing has to be corrected before the first paint. */
export default async function RootLayout({ children }: { children: ReactNode }) {
  const theme = readTheme((await cookies()).get(THEME_COOKIE)?.value);
  return (
    <html lang="en" data-theme={theme} suppressHydrationWarning>
      <body>
        <AddressAdapter>
          <ApiProvider>{children}</ApiProvider>
        </AddressAdapter>
        <Toasts />
        <Hydrated />
      </body>
    </html>
  );
}
