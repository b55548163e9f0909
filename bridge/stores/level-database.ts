/** A LevelDB with keys and values of bytes, and what its errors mean. */
import { ClassicLevel } from 'classic-level'
import { BridgeError } from '../core/errors.ts'

export type Level = ClassicLevel<Buffer, Buffer>

export interface OpenedLevel {
  readonly db: Level
  /** What was damaged and what was done, in one sentence; null when nothing was. */
  readonly damage: string | null
}

export interface LevelOptions {
  readonly folder: string
  /** What the folder holds, for error messages: `spool`, `sessions`. */
  readonly what: string
  readonly writeBufferBytes?: number
}

/** Opens or makes the LevelDB in the folder as its files are. Throws LevelDB's own errors. */
export const openAt = async ({ folder, writeBufferBytes }: LevelOptions): Promise<Level> => {
  const db: Level = new ClassicLevel<Buffer, Buffer>(folder, {
    keyEncoding: 'buffer',
    valueEncoding: 'buffer',
    compression: false,
    ...(writeBufferBytes === undefined ? {} : { writeBufferSize: writeBufferBytes }),
  })
  await db.open()
  return db
}

// Read by name, not by class: LevelDB's errors come from native code.
const field = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined

/** The code of what LevelDB says beneath an error of the open. */
export const causeCode = (error: unknown): unknown => field(field(error, 'cause'), 'code')

/** What the operating system says of a mapped table that is shorter than the manifest has it, or is gone. */
const LIKE_DAMAGE = /Invalid argument|No such file/

/** True when LevelDB found its own files damaged, whether at the open or at a read. */
export const isDamage = (error: unknown): boolean => {
  if (typeof error !== 'object' || error === null) return false
  const code = field(error, 'code')
  if (code === 'LEVEL_CORRUPTION') return true
  if (code === 'LEVEL_IO_ERROR') return LIKE_DAMAGE.test(String(field(error, 'message')))
  return isDamage(field(error, 'cause'))
}

/** What LevelDB itself said. */
export const levelMessage = (error: unknown): string =>
  String(field(field(error, 'cause'), 'message') ?? field(error, 'message') ?? error)

/** The error of a LevelDB that cannot be used: SPOOL_BROKEN, with what LevelDB said. */
export const levelBroken = ({ folder, what }: LevelOptions, cause: unknown): BridgeError =>
  new BridgeError('SPOOL_BROKEN', `${folder} (${what}) cannot be used: ${levelMessage(cause)}`, {
    cause,
  })
