import type { Metadata } from "next";
import { DeviceView } from "@/components/device/device-view";

export const metadata: Metadata = { title: "Sign in a terminal" };

export default async function DevicePage(props: {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}) {
  const { code } = await props.searchParams;
  return <DeviceView typed={typeof code === "string" ? code : null} />;
}
