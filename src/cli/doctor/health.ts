/** `GET /health` as the doctor reads it: of any version of Sluice, and of what is no Sluice at all. */
interface Part {
  readonly ok: boolean
  readonly message: string
  readonly external: boolean
}

export interface Health {
  readonly version: string
  /** Epoch ms by the server's clock. */
  readonly timestamp: number
  readonly degraded: readonly string[]
  part(name: string): Part | undefined
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

/** Undefined: that is not Sluice. */
export const readHealth = (body: unknown): Health | undefined => {
  if (!isObject(body) || !isObject(body.parts) || typeof body.timestamp !== 'number') return undefined
  const { parts, timestamp, degraded, backendVersion } = body
  return {
    version: String(backendVersion),
    timestamp,
    degraded: Array.isArray(degraded) ? degraded.map(String) : [],
    part: (name) => {
      const part = parts[name]
      if (!isObject(part)) return undefined
      return {
        ok: part.ok === true,
        message: String(part.message),
        external: typeof part.broker === 'string',
      }
    },
  }
}
