/** Facts of a board as the registry may keep them: header values come unchecked, and one bad row is never stored. */
import type { DeviceFacts } from '../services.ts'

const MAX_NAME = 255
const MAX_TYPE = 100
const MAX_ADDRESS = 45
const MAX_CAPABILITIES = 64
const MAX_CAPABILITY = 100

/** Cut to its bound; an empty text says nothing. */
const text = (given: string | undefined, max: number): string | undefined =>
  given === undefined || given === '' ? undefined : given.slice(0, max)

const number = (given: number | undefined): number | undefined =>
  given !== undefined && Math.abs(given) <= Number.MAX_SAFE_INTEGER ? given : undefined

/** What of these facts can be stored: texts cut to their bounds, numbers that are none left out. Never throws. */
export const storableFacts = (facts: DeviceFacts): DeviceFacts => ({
  name: text(facts.name, MAX_NAME),
  type: text(facts.type, MAX_TYPE),
  ipAddress: text(facts.ipAddress, MAX_ADDRESS),
  capabilities: facts.capabilities
    ?.slice(0, MAX_CAPABILITIES)
    .map((capability) => capability.slice(0, MAX_CAPABILITY)),
  status: facts.status,
  uptimeMs: number(facts.uptimeMs),
  freeHeap: number(facts.freeHeap),
  wifiRssi: number(facts.wifiRssi),
})
