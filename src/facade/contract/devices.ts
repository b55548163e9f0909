/** `/api/v1/devices` and what is below it */
import { z } from 'zod'
import {
  type DeviceId,
  decodeHeartbeat,
  decodeRegister,
  type HeartbeatBody,
  type RegisterBody,
} from '../../../bridge/index.ts'
import { epochMs, errorAnswer, iso, responseTime } from './answers.ts'
import { BAD_DEVICE_ID, givenText, readDeviceId } from './device-id.ts'

export const shownStatus = z.enum(['online', 'offline', 'warning', 'error', 'maintenance'])
const capabilities = z.array(z.string()).readonly()

/** The app calls `.toUpperCase()` on status and `.join` on capabilities, and shows a text time as N/A. */
export const deviceRow = z.object({
  deviceId: z.string(),
  deviceName: z.string(),
  deviceType: z.string(),
  status: shownStatus,
  ipAddress: z.string().nullable(),
  lastHeartbeat: epochMs,
  /** As the device sent it: milliseconds. */
  uptime: z.number(),
  freeHeap: z.number(),
  wifiRssi: z.number(),
  errorCount: z.number(),
  capabilities,
})
export type DeviceRow = z.infer<typeof deviceRow>

export const devicesAnswer = z.object({ success: z.literal(true), devices: z.array(deviceRow).readonly() })

export const removeAnswer = z.object({ success: z.literal(true), deviceId: z.string() })

const BAD_CAPABILITIES = 'capabilities: not an array of texts'
const MISSING_FIELDS = 'Missing required fields: deviceId, deviceName, deviceType'
const MISSING_ID = 'Device ID required'

interface Sent {
  readonly [field: string]: unknown
}

/** The device a body names; an issue, and undefined, when it names none. */
const namedDevice = (sent: Sent, context: z.RefinementCtx, missing: string): DeviceId | undefined => {
  const named = readDeviceId(sent.deviceId ?? sent.id)
  if (typeof named === 'object') return named.id
  context.addIssue({ code: 'custom', message: named === 'bad' ? BAD_DEVICE_ID : missing })
  return undefined
}

const isMissing = (value: unknown): boolean => value === undefined || value === null || value === ''

const toRegistration = (sent: Sent, context: z.RefinementCtx): RegisterBody => {
  if (isMissing(sent.deviceName ?? sent.name) || isMissing(sent.deviceType ?? sent.type)) {
    context.addIssue({ code: 'custom', message: MISSING_FIELDS })
    return z.NEVER
  }
  const deviceId = namedDevice(sent, context, MISSING_FIELDS)
  if (deviceId === undefined) return z.NEVER
  const decoded = decodeRegister(sent, deviceId)
  if (decoded.ok) return decoded.body
  context.addIssue({ code: 'custom', message: decoded.rejection.detail })
  return z.NEVER
}

/** The shipped sensor sketch says id, name and type; the long spelling wins. Other fields are ignored. */
export const registerBody = z
  .looseObject(
    {
      deviceId: givenText('deviceId'),
      id: givenText('id'),
      deviceName: givenText('deviceName'),
      name: givenText('name'),
      deviceType: givenText('deviceType'),
      type: givenText('type'),
      ipAddress: givenText('ipAddress'),
      capabilities: z.array(z.union([z.string(), z.number()], BAD_CAPABILITIES), BAD_CAPABILITIES).nullish(),
    },
    MISSING_FIELDS,
  )
  .transform(toRegistration)

/** A device as it is answered to itself. */
const deviceFields = {
  id: z.string(),
  name: z.string(),
  type: z.string(),
  ipAddress: z.string().nullable(),
  status: shownStatus,
  lastSeen: epochMs,
  uptime: z.number(),
  freeHeap: z.number(),
  wifiRssi: z.number(),
  capabilities,
  errors: z.number(),
}

export const registerAnswer = z.object({ success: z.literal(true), ...deviceFields, responseTime })

const toHeartbeat = (sent: Sent, context: z.RefinementCtx): HeartbeatBody => {
  const deviceId = namedDevice(sent, context, MISSING_ID)
  if (deviceId === undefined) return z.NEVER
  const decoded = decodeHeartbeat(sent, deviceId)
  if (decoded.ok) return decoded.body
  context.addIssue({ code: 'custom', message: decoded.rejection.detail })
  return z.NEVER
}

const REPORTED = ['online', 'offline', 'warning', 'error'] as const

/** Numbers may come as text, fractions are rounded; what is absent or null stays as it is known. */
export const heartbeatBody = z
  .looseObject(
    {
      deviceId: givenText('deviceId'),
      id: givenText('id'),
      status: z.enum(REPORTED, `status: not one of ${REPORTED.join(', ')}`).nullish(),
      uptime: givenText('uptime'),
      freeHeap: givenText('freeHeap'),
      wifiRssi: givenText('wifiRssi'),
    },
    MISSING_ID,
  )
  .transform(toHeartbeat)

/** There is no `success`: the older backend says `status` instead. */
export const heartbeatAnswer = z.object({
  message: z.literal('Heartbeat received'),
  status: z.literal('success'),
  device: z.object({ ...deviceFields, createdAt: iso, updatedAt: iso }),
  responseTime,
})

/** What else is sent goes on to the device as it is. */
export const commandBody = z.looseObject(
  { command: z.string('command: not a text').min(1, 'command: empty') },
  'Missing required field: command',
)

export const commandAnswer = z.object({ success: z.literal(true), message: z.string() })
export const commandRefusal = errorAnswer.extend({ message: z.string().optional() })
