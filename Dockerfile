# Two images of one build: `server` is web and worker, `runner` is what a Job's pod runs.
#   docker build --target server -t agentrun/server .
#   docker build --target runner -t agentrun/runner .
# AGENTRUN_SOURCE_COMMIT names what both are built of: the console tells a runner of another build by it.
# BASE is any image with Node 24, npm, git and CA certificates, or Debian's tools to install the last two.
ARG BASE=node:24-bookworm-slim

FROM ${BASE} AS build
# Certificates of a network that inspects TLS; leave it empty elsewhere.
ARG NODE_EXTRA_CA_CERTS
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN cp -r "$(node scripts/build.mjs | tail -n 1)" /build \
  && node scripts/bundle-runner.mjs /runner/runner.mjs \
  && cp -r node_modules/@openai/codex-linux-*/vendor/*/ /runner/codex \
  && npm prune --omit=dev --omit=optional

FROM ${BASE} AS server
ARG AGENTRUN_SOURCE_COMMIT=unknown
WORKDIR /app
ENV AGENTRUN_SOURCE_COMMIT=${AGENTRUN_SOURCE_COMMIT}
ENV NODE_ENV=production HOST=0.0.0.0 AGENTRUN_DIST_DIR=build/release/next AGENTRUN_DATA_DIR=/data
COPY --from=build /src/package.json /src/next.config.js ./
COPY --from=build /src/public ./public
COPY --from=build /src/node_modules ./node_modules
# As deep as it was built: the pages find what they import by links relative to their folder.
COPY --from=build /build ./build/release
COPY deploy/entrypoint.sh /usr/local/bin/agentrun
USER 10001:10001
EXPOSE 3000
ENTRYPOINT ["/usr/local/bin/agentrun"]
CMD ["web"]

FROM ${BASE} AS runner
ARG AGENTRUN_SOURCE_COMMIT=unknown
ENV AGENTRUN_SOURCE_COMMIT=${AGENTRUN_SOURCE_COMMIT}
RUN command -v git > /dev/null || (apt-get update \
  && apt-get install -y --no-install-recommends git ca-certificates procps util-linux \
  && rm -rf /var/lib/apt/lists/*)
COPY --from=build /runner/codex /opt/codex
COPY --from=build /runner/runner.mjs /opt/agentrun/runner.mjs
USER 10001:10001
ENTRYPOINT ["node", "/opt/agentrun/runner.mjs"]
