import type { FastifyReply } from 'fastify'

/** Profile "no-store" of the contract: what changes with every request must not be kept by anyone. */
export const NO_STORE = {
  'cache-control': 'no-cache, no-store, must-revalidate',
  pragma: 'no-cache',
  expires: '0',
} as const

export const noStore = (reply: Pick<FastifyReply, 'headers'>): void => {
  reply.headers(NO_STORE)
}
