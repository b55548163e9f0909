import { Agent, request } from 'node:http'
import type { Address } from '../jobs.ts'

/** Asks over one connection that stays open; resolves with the whole body. Rejects for all but a 200. */
export const createAsker = ({ host, port }: Address) => {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  const ask = (path: string, body?: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const headers = body === undefined ? {} : { 'Content-Type': 'application/json' }
      const sent = request({ host, port, path, agent, headers, method: body === undefined ? 'GET' : 'POST' })
      sent.once('error', reject).once('response', (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.once('error', reject).once('end', () => {
          const text = Buffer.concat(chunks).toString()
          if (response.statusCode === 200) resolve(text)
          else reject(new Error(`${path} was answered ${response.statusCode}: ${text.slice(0, 200)}`))
        })
      })
      sent.end(body)
    })
  return { ask, close: () => agent.destroy() }
}
