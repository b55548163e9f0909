/** The honest boards in a process of their own, so that what attackers cost is not measured as latency. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { FleetOptions, HonestFleet } from './fleet.ts'

export type Order =
  | { readonly kind: 'start'; readonly options: FleetOptions }
  | { readonly kind: 'take' }
  | { readonly kind: 'finish' }

export type Answer = { readonly done: unknown } | { readonly failed: string }

/** Resolves when all are connected. The process ends with `close`, and with this one. */
export const forkFleet = async (options: FleetOptions): Promise<HonestFleet & { close(): Promise<void> }> => {
  const child = fork(fileURLToPath(new URL('./process-main.js', import.meta.url)), [], {
    serialization: 'advanced',
  })
  const ended = once(child, 'exit')
  const ask = async <T>(order: Order): Promise<T> => {
    child.send(order)
    const died = ended.then(([code]): never => {
      throw new Error(`the process of the boards ended with ${code}`)
    })
    const [answer] = (await Promise.race([once(child, 'message'), died])) as [Answer]
    if ('failed' in answer) throw new Error(answer.failed)
    return answer.done as T
  }
  const close = async (): Promise<void> => {
    child.kill('SIGKILL')
    await ended
  }
  try {
    await ask({ kind: 'start', options })
  } catch (error) {
    await close()
    throw error
  }
  return { take: () => ask({ kind: 'take' }), finish: () => ask({ kind: 'finish' }), close }
}
