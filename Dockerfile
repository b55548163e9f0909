# Built from the repository: docker build -t sluice .
FROM node:20-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm run build && rm -rf dist/test

FROM node:20-slim
# For recordings only; without it they answer 503.
RUN apt-get update && apt-get install -y --no-install-recommends ffmpeg && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev && npm cache clean --force
COPY --from=build /app/dist ./dist
# The spool lives here: an acked reading that is not in Postgres yet is in this volume. So are pictures and recordings.
RUN mkdir /data && chown node:node /data
VOLUME /data
ENV NODE_ENV=production DATA_DIR=/data
# Not root. Sluice writes to /data only.
USER node
# HTTP and MQTT over WebSocket; MQTT; the same over TLS.
EXPOSE 3000 1883 3443 8883
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 3000}/health`).then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# Without a shell in between, SIGTERM reaches the program, which then drains and closes in order.
CMD ["node", "--max-semi-space-size=64", "dist/src/main.js"]
