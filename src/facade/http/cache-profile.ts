import type { FastifyReply } from 'fastify'

/** Profile "no-store" of the contract: what changes with every request must not be kept by anyone. */
export const noStore = (reply: Pick<FastifyReply, 'headers'>): void => {
  reply.headers({
    'Cache-Control': 'no-cache, no-store, must-revalidate',
    Pragma: 'no-cache',
    Expires: '0',
  })
}
