export const dynamic = "force-dynamic";
export {
  serveRest as DELETE,
  serveRest as GET,
  serveRest as PATCH,
  serveRest as POST,
  serveRest as PUT,
} from "@/server/http";
