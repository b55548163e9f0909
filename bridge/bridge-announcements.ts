/** What of the bridge's devices Home Assistant is told, or no more. */
import type { BridgeDeps, BridgeOptions } from './bridge-types.ts'
import {
  createHomeAssistant,
  type HomeAssistant,
  type HomeAssistantDeps,
  retractAll,
} from './pipeline/home-assistant.ts'

const nothing = async (): Promise<void> => undefined

/** Nothing is announced, or taken back, before `start`. */
export const openAnnouncements = (
  deps: BridgeDeps,
  { homeAssistant }: Pick<BridgeOptions, 'homeAssistant'>,
  services: Pick<HomeAssistantDeps, 'devices' | 'readings'>,
): HomeAssistant => {
  const { announced, publisher, events, bus, clock, sink } = deps
  if (announced === undefined) return { start: nothing, stop: nothing, heard: () => undefined }
  if (homeAssistant !== undefined)
    return createHomeAssistant(
      { ...services, announced, publisher, events, bus, clock, hasRegistry: sink !== undefined },
      homeAssistant,
    )
  return {
    start: async () => {
      try {
        await retractAll({ publisher, announced })
      } catch (error) {
        events.emit('bridge:error', {
          error: error as Error,
          where: 'taking back what Home Assistant was told',
        })
      }
    },
    stop: nothing,
    heard: () => undefined,
  }
}
