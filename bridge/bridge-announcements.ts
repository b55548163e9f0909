/** What of the bridge's devices Home Assistant is told, or no more. */
import type { BridgeDeps, BridgeOptions } from './bridge-types.ts'
import { createHomeAssistant, type HomeAssistantDeps } from './pipeline/home-assistant.ts'
import { retractAll } from './pipeline/home-assistant-off.ts'
import type { LatestValues } from './pipeline/latest-values.ts'
import type { Done, Lifecycle, Message } from './ports.ts'

export interface Announcements extends Lifecycle {
  /** A message that is no device's. */
  heard(message: Message, done: Done): void
}

const nothing = async (): Promise<void> => undefined
const unheard: Announcements['heard'] = (_message, done) => done()

/** Nothing is announced, or taken back, before `start`. */
export const openAnnouncements = (
  deps: BridgeDeps,
  { homeAssistant }: Pick<BridgeOptions, 'homeAssistant'>,
  { devices, values }: Pick<HomeAssistantDeps, 'devices'> & { readonly values: LatestValues },
): Announcements => {
  const { announced, publisher, events, bus, clock, sink } = deps
  if (announced === undefined) return { start: nothing, stop: nothing, heard: unheard }
  if (homeAssistant !== undefined) {
    const readings = { latest: values.get, onLatest: values.onLatest }
    const { start, stop, heard } = createHomeAssistant(
      { devices, readings, announced, publisher, events, bus, clock, hasRegistry: sink !== undefined },
      homeAssistant,
    )
    return {
      start,
      stop,
      heard: (message, done) => {
        heard(message)
        done()
      },
    }
  }
  const start = async (): Promise<void> => {
    try {
      await retractAll({ publisher, announced })
    } catch (error) {
      events.emit('bridge:error', {
        error: error as Error,
        where: 'taking back what Home Assistant was told',
      })
    }
  }
  return { start, stop: nothing, heard: unheard }
}
