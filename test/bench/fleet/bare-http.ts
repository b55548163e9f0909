/**
 * The yardstick: node:http that answers every request with the 24 bytes of an empty poll, in a process of its own.
 * Ends with its parent.
 */
import { createServer } from 'node:http'

const BODY = '{"status":"no_requests"}'
const HEADERS = { 'Content-Type': 'application/json; charset=utf-8', 'Content-Length': BODY.length }

const server = createServer((_request, response) => {
  response.writeHead(200, HEADERS).end(BODY)
})
process.on('disconnect', () => process.exit(0))
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  if (address !== null && typeof address === 'object') process.send?.({ port: address.port })
})
