import type { Reading } from './reading.ts'

/** The kinds of boards; what is sent and acked is counted by them. */
export const BOARD_KINDS = [
  'qos1', // a window of QoS 1, resends after a reconnect and, as esp-mqtt does, after a second
  'qos2', // the whole handshake, gone on with after a reconnect
  'qos0', // fire and forget
  'rest', // POST, tried again until it is a 200
  'backfill', // arrays of old readings, out of order, over QoS 1 and REST
  'forgetful', // sends again what was acked long ago
  'rebooting', // a new boot id every few seconds, and what it had in memory is gone
  'torn', // cut off in the middle of a packet
] as const

export type BoardKind = (typeof BOARD_KINDS)[number]

/** What a board publishes at once: some readings, or bytes that nobody can read. */
export interface BoardMessage {
  readonly kind: BoardKind
  readonly deviceId: string
  readonly payload: string
  /** Empty for an unreadable message. */
  readonly readings: readonly Reading[]
}

export type AckWay = 'PUBACK' | 'PUBREC' | '200'

/** Makes what a board has to say, one message after the other. */
export interface MessageMaker {
  readonly kind: BoardKind
  next(): BoardMessage
  /** The board knows now that this one was taken. */
  acked(message: BoardMessage): void
  /** The board starts again: a new boot id, and `seq` from 1. */
  reboot(): void
}
