/** Node's HTTP server with the times of the contract, and the poll's lane before everything else. */
import { createServer, type RequestListener, type Server } from 'node:http'
import type { Lane } from './poll-lane.ts'

const KEEP_ALIVE_MS = 65_000
const HEADERS_TIMEOUT_MS = 66_000
/** A client may not send one request for ever, however steadily. */
const REQUEST_TIMEOUT_MS = 300_000

/** `routed` takes whatever the lane leaves. */
export const createNodeServer = (routed: RequestListener, lane: Lane): Server => {
  const times = {
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: HEADERS_TIMEOUT_MS,
    requestTimeout: REQUEST_TIMEOUT_MS,
  }
  return createServer(times, (request, response) => {
    if (!lane(request, response)) routed(request, response)
  })
}
