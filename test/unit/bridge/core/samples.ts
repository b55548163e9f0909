/** Readings and ids for tests, by hand. */
import { parseDeviceId } from '../../../../bridge/core/device-id.ts'
import { newDraft } from '../../../../bridge/core/draft.ts'
import type { DeviceId, Reading } from '../../../../bridge/core/reading.ts'

export const T0 = Date.parse('2026-11-23T03:37:12.345Z')

/** A device id; throws when it breaks the rule. */
export const id = (text: string): DeviceId => {
  const parsed = parseDeviceId(text)
  if (parsed === undefined) throw new Error(`no device id: ${JSON.stringify(text)}`)
  return parsed
}

export const readingOf = (fields: Partial<Reading> = {}): Reading => ({
  ...newDraft(fields.deviceId ?? id('esp32-1'), fields.receivedAt ?? T0),
  ...fields,
})
