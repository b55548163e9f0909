import { Agent, request } from 'node:http'
import type { Address } from '../jobs.ts'

/**
 * Asks over one connection that stays open. `ask` resolves with the whole body; `hear` once it was heard, and keeps none
 * of it: a client that makes texts of its answers would wait for its own garbage collector. Reject for all but a 200.
 */
export const createAsker = ({ host, port }: Address) => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const send = (path: string, isKept: boolean, body?: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const headers = body === undefined ? {} : { 'Content-Type': 'application/json' }
      const sent = request({ host, port, path, agent, headers, method: body === undefined ? 'GET' : 'POST' })
      sent.once('error', reject).once('response', (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => {
          if (isKept || response.statusCode !== 200) chunks.push(chunk)
        })
        response.once('error', reject).once('end', () => {
          const text = Buffer.concat(chunks).toString()
          if (response.statusCode === 200) resolve(text)
          else reject(new Error(`${path} was answered ${response.statusCode}: ${text.slice(0, 200)}`))
        })
      })
      sent.end(body)
    })
  return {
    ask: (path: string, body?: string): Promise<string> => send(path, true, body),
    hear: (path: string): Promise<unknown> => send(path, false),
    close: (): void => agent.destroy(),
  }
}
