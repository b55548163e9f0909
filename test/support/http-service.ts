/** HTTP services of a few lines, on the loopback, for what asks others over HTTP. */
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { useCleanups } from './cleanups.ts'

type Cleanup = ReturnType<typeof useCleanups>

export interface HttpService {
  readonly url: string
  /** Cuts whoever is still connected. */
  close(): Promise<void>
}

export const startHttpService = async (answer: RequestListener): Promise<HttpService> => {
  const server = createServer(answer)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Serves until the test is over; gives the address. */
export const serve = async (cleanup: Cleanup, answer: RequestListener): Promise<string> => {
  const service = await startHttpService(answer)
  cleanup(service.close)
  return service.url
}

/** An address where nobody listens (any more). */
export const closedAddress = async (): Promise<string> => {
  const service = await startHttpService(() => undefined)
  await service.close()
  return service.url
}

/** Reads the request, then answers JSON. */
export const json =
  (body: unknown, status = 200): RequestListener =>
  (request, response) => {
    request.resume().once('end', () => response.writeHead(status).end(JSON.stringify(body)))
  }

/** The form that was sent, field by field. */
export const formOf = async (request: IncomingMessage): Promise<FormData> => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  const headers = { 'Content-Type': request.headers['content-type'] ?? '' }
  return new Response(Buffer.concat(chunks), { headers }).formData()
}
