/** Device ids as clients send them. */
import { z } from 'zod'
import { type DeviceId, parseDeviceId } from '../../../bridge/index.ts'

export const BAD_DEVICE_ID =
  'deviceId must be 1 to 100 characters, without control characters or any of / + #, and not start with $'

/**
 * The id that was given, or what is wrong with it. A number counts as text and is answered as text: ids are text
 * everywhere, also in events and topics.
 */
export const readDeviceId = (given: unknown): { readonly id: DeviceId } | 'missing' | 'bad' => {
  if (given === undefined || given === null || given === '') return 'missing'
  const id = parseDeviceId(typeof given === 'number' ? String(given) : given)
  return id === undefined ? 'bad' : { id }
}

/** Text or a number, which counts as text; null as if it were absent. */
export const givenText = (field: string) =>
  z.union([z.string(), z.number()], { error: `${field}: neither text nor a number` }).nullish()

/** The `:deviceId` of a path; undefined: a text that cannot be an id names a device that cannot exist. */
export const deviceIdParams = z.object({ deviceId: z.string().transform(parseDeviceId) })
