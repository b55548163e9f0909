/** What the server answers, as far as the page reads it. Times are epoch ms of the server's clock. */

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/** The newest known values of a device: also the payload of `sensors/{id}/latest`. */
export interface Latest {
  readonly ts: number
  readonly receivedAt: number
  /** By metric, such as `temperature`. */
  readonly values: { readonly [metric: string]: number }
  /** Whatever else the board sent. */
  readonly custom: { readonly [key: string]: Json } | null
}

export type Link = 'connected' | 'silent' | 'offline'
export type Status = 'online' | 'offline' | 'warning' | 'error' | 'maintenance'

export interface Device {
  readonly deviceId: string
  readonly name: string
  readonly type: string
  readonly status: Status
  readonly link: Link
  readonly lastSeen: number
  readonly wifiRssi: number | null
  readonly uptimeMs: number | null
  readonly freeHeap: number | null
  readonly latest: Latest | null
  /** When its newest camera picture came. */
  readonly frameAt: number | null
  /** When the page heard that it went away; in no answer. What it sent before and is told only then does not bring it back. */
  readonly goneAt?: number
}

/** `GET /api/v1/overview` */
export interface OverviewAnswer {
  readonly now: number
  readonly devices: readonly Device[]
}

export interface PartHealth {
  readonly ok: boolean
  readonly message: string
}

/** `GET /health` */
export interface HealthAnswer {
  readonly status: 'healthy' | 'degraded'
  readonly backendVersion: string
  readonly parts: {
    readonly [part: string]: PartHealth
    readonly broker: PartHealth & {
      /** Such as `mqtt://127.0.0.1:1883`; absent with an external broker. */
      readonly mqtt?: string
      readonly mqtts?: string
      /** The external broker; absent with the embedded one. */
      readonly broker?: string
    }
  }
}

export type Role = 'anonymous' | 'device' | 'dashboard' | 'operator' | 'bridge' | 'admin'

/** `POST /api/v1/auth/token` */
export interface TokenAnswer {
  readonly token: string
  readonly expiresAt: number
  readonly role: Role
}
