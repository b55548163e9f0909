/** The process of the honest boards: does what it is asked, one after the other. */
import { type HonestFleet, startFleet } from './fleet.ts'
import type { Answer, Order } from './process.ts'

const main = (): void => {
  let fleet: HonestFleet | undefined
  const obey = async (order: Order): Promise<unknown> => {
    if (order.kind === 'start') {
      fleet = await startFleet(order.options)
      return undefined
    }
    return order.kind === 'take' ? fleet?.take() : fleet?.finish()
  }
  const answer = (it: Answer): void => void process.send?.(it)
  process.on('message', (order: Order) => {
    obey(order).then(
      (done) => answer({ done }),
      (error: unknown) => answer({ failed: String(error) }),
    )
  })
  process.once('disconnect', () => process.exit(0))
}

main()
