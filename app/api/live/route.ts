export const dynamic = "force-dynamic";
export { serveLive as GET } from "@/server/http";
