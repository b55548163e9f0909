/** What a board of the field says over MQTT, beside its readings. */
export interface Outgoing {
  readonly topic: string
  readonly payload: string | Uint8Array
  readonly retain?: boolean
}

export const statusOf = (id: string, status: 'online' | 'offline'): Outgoing => ({
  topic: `devices/${id}/status`,
  payload: JSON.stringify({ status }),
  retain: true,
})

export const registrationOf = (
  id: string,
  { name, type, capabilities }: { name: string; type: string; capabilities: readonly string[] },
): Outgoing => ({
  topic: `devices/${id}/register`,
  payload: JSON.stringify({ deviceId: id, deviceName: name, deviceType: type, capabilities }),
})

export interface Vitals {
  readonly uptime: number
  readonly freeHeap: number
  readonly wifiRssi: number
}

export const heartbeatOf = (id: string, vitals: Vitals): Outgoing => ({
  topic: `devices/${id}/heartbeat`,
  payload: JSON.stringify({ status: 'online', ...vitals }),
})

export const dataOf = (id: string, body: unknown): Outgoing => ({
  topic: `sensors/${id}/data`,
  payload: typeof body === 'string' ? body : JSON.stringify(body),
})

export const frameOf = (id: string, jpeg: Uint8Array): Outgoing => ({
  topic: `cameras/${id}/frame`,
  payload: jpeg,
})

/** What to listen to. */
export const subscriptionsOf = (id: string): readonly string[] => [`buzzer/${id}/cmd`, `errors/${id}`]

/** The answer to a command of the buzzer: its id when it has one. */
export const buzzerAckOf = (id: string, command: string): Outgoing => {
  let requestId: unknown
  try {
    requestId = (JSON.parse(command) as { readonly requestId?: unknown } | null)?.requestId
  } catch {
    // ON, beep: what is pending is meant.
  }
  return { topic: `buzzer/${id}/ack`, payload: requestId === undefined ? '' : JSON.stringify({ requestId }) }
}
