#!/bin/sh
# Starts one of the server's programs: web or worker, or migrate, which brings the database up to date and ends. `alive`
# says whether the worker's last beat was less than a minute ago.
set -eu
case "${1:-web}" in
  # The heap is bounded as the supervisor bounds it: see WEB_NODE_FLAGS in contract/supervisor.ts.
  web) exec node --enable-source-maps --max-semi-space-size=4 --heap-growing-percent=25 build/release/web.mjs ;;
  worker) exec node --enable-source-maps build/release/worker.mjs ;;
  migrate) exec node --enable-source-maps build/release/migrate.mjs ;;
  alive) test $(($(date +%s) - $(cat "$AGENTRUN_HEARTBEAT_FILE"))) -lt 60 ;;
  *) echo "usage: agentrun web|worker|migrate|alive" >&2; exit 2 ;;
esac
