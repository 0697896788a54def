# One image for every service; docker-compose.yml says which one a container runs.

# Any image with Node 24 and npm will do, where this one cannot be pulled.
ARG BASE=node:24-slim

FROM ${BASE} AS packages
WORKDIR /app
# npm wants the manifest of every workspace that the lockfile names.
COPY package.json package-lock.json ./
COPY shared/package.json shared/
COPY services/api/package.json services/api/
COPY services/guard/package.json services/guard/
COPY services/worker/package.json services/worker/
COPY cli/package.json cli/
COPY test/package.json test/
COPY bench/package.json bench/
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM ${BASE}
ENV NODE_ENV=production
WORKDIR /app
# The workspaces stay symbolic links out of node_modules: inside it, Node strips no types.
COPY --from=packages /app ./
COPY shared shared
COPY services services
# For operators: docker compose exec api node cli/src/main.ts drain HOST
COPY cli cli
COPY deploy/healthcheck.ts deploy/
# A number, so that an orchestrator can tell that it is not root. Nothing in /app is writable for it.
USER 10001:10001
ENTRYPOINT ["node"]
CMD ["services/api/src/main.ts"]
