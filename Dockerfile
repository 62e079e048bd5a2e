# Debian's slim image, of a Node that still gets security fixes (to April 2028); Shoal itself needs 20.19.
FROM node:24-slim AS build
WORKDIR /shoal
COPY package.json pnpm-lock.yaml pnpm-workspace.yaml .npmrc ./
COPY apps/server/package.json apps/server/
COPY apps/web/package.json apps/web/
COPY e2e/package.json e2e/
COPY packages/gossip/package.json packages/gossip/
COPY packages/protocol/package.json packages/protocol/
COPY packages/room/package.json packages/room/
COPY packages/storage/package.json packages/storage/
COPY packages/swarm/package.json packages/swarm/
COPY packages/transport/package.json packages/transport/
COPY scripts scripts
# Manifests first: a change of the sources alone reuses this layer.
RUN node -e "import('./scripts/lib/install.mjs').then(install => install.ensureInstalled())"
COPY tsconfig.base.json tsconfig.json ./
COPY apps apps
COPY packages packages
RUN node scripts/build.mjs
# What the server needs at run time and nothing else; the workspace's own packages are in its bundle.
RUN npx -y "$(node -p "require('./package.json').packageManager")" --filter @shoal/server deploy --prod --legacy /out/server \
 && rm -rf /out/server/node_modules/@shoal

FROM node:24-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000
WORKDIR /shoal
COPY --from=build --chown=root:root /out/server apps/server
COPY --from=build --chown=root:root /shoal/apps/web/dist apps/web/dist
# The image's own unprivileged user; it may read the program and write nothing.
USER node
EXPOSE 3000
HEALTHCHECK --interval=30s --timeout=3s --start-period=5s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/healthz`).then(r => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "apps/server/dist/main.js"]
