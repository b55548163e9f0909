import type { AnnouncedStore } from '../core/home-assistant.ts'
import type { Publisher } from '../ports.ts'

/** Takes back whatever was announced, now that nothing is to be. */
export const retractAll = async ({
  publisher,
  announced,
}: {
  readonly publisher: Publisher
  readonly announced: AnnouncedStore
}): Promise<void> => {
  const all = await announced.load()
  for (const { topic } of all) publisher.publish(topic, '', { retain: true })
  if (all.length > 0) await announced.clear()
}
