"use client";
import { useCanOperate, useRulesAll } from "@/components/shell/identity";
import { type Call, copyCurl } from "@/components/ui/curl/curl";
import { CurlMenu } from "@/components/ui/curl/curl-menu";
import { MenuItem } from "@/components/ui/menu/menu";
import type { Backend, SetBackendInput } from "@/contract/backend";
import { maxRunningOf } from "./condition";

const pathOf = (profile: string): string => `/backends/${encodeURIComponent(profile)}`;

/** The call of the API that changes a profile. */
export function changing(profile: string, body: Omit<SetBackendInput, "profile">): Call {
  return { method: "PATCH", path: pathOf(profile), body };
}

/** The calls of the API that show a profile, try its provider, and change it as an administrator may. */
export function BackendCurls({ backend }: { backend: Backend }) {
  const canOperate = useCanOperate();
  const canSet = useRulesAll();
  const { profile, isConfigured, disabled } = backend;
  const change = (body: Omit<SetBackendInput, "profile">) => void copyCurl(changing(profile, body));
  return (
    <CurlMenu isSmall of={profile}>
      <MenuItem onSelect={() => void copyCurl({ path: pathOf(profile) })}>Copy profile as curl</MenuItem>
      {canOperate && isConfigured && (
        <MenuItem onSelect={() => void copyCurl({ method: "POST", path: `${pathOf(profile)}/test`, body: {} })}>
          Copy test as curl
        </MenuItem>
      )}
      {canSet && (
        <>
          <MenuItem onSelect={() => change({ maxRunning: maxRunningOf(backend) })}>Copy limit change as curl</MenuItem>
          <MenuItem onSelect={() => change({ isUp: true })}>Copy resume as curl</MenuItem>
          {disabled === null ? (
            <MenuItem onSelect={() => change({ isEnabled: false, reason: "why" })}>Copy switch-off as curl</MenuItem>
          ) : (
            <MenuItem onSelect={() => change({ isEnabled: true })}>Copy switch-on as curl</MenuItem>
          )}
        </>
      )}
    </CurlMenu>
  );
}
