/** The key that tokens are signed with: 32 random bytes in a file that only its owner may read, made on first use. */
import { randomBytes } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { errorCode } from '../error-code.ts'

export interface TokenKeyOptions {
  /** Its folder exists. */
  readonly file: string
  /** The file can be neither read nor written: a key in memory is used, so tokens end with the process. */
  readonly onError?: (error: unknown) => void
}

const KEY_BYTES = 32
const OWNER_ONLY = 0o600
const OTHERS = 0o077

/** Undefined: there is none, or what is there is no key. */
const readKey = async (file: string): Promise<Uint8Array | undefined> => {
  try {
    const handle = await open(file, 'r')
    try {
      if (((await handle.stat()).mode & OTHERS) !== 0) await handle.chmod(OWNER_ONLY)
      const key = await handle.readFile()
      return key.length === KEY_BYTES ? key : undefined
    } finally {
      await handle.close()
    }
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

/** Whole under its name or not at all, whenever the process ends. */
const makeKey = async (file: string): Promise<Uint8Array> => {
  const key = randomBytes(KEY_BYTES)
  const draft = `${file}.new`
  await rm(draft, { force: true })
  const handle = await open(draft, 'wx', OWNER_ONLY)
  try {
    await handle.writeFile(key)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(draft, file)
  return key
}

/** Returns `key()`: the same key at each call, and in each process that has this file. It never rejects. */
export const createTokenKey = ({ file, onError }: TokenKeyOptions): (() => Promise<Uint8Array>) => {
  let key: Promise<Uint8Array> | undefined
  const load = async (): Promise<Uint8Array> => {
    try {
      return (await readKey(file)) ?? (await makeKey(file))
    } catch (error) {
      onError?.(error)
      return randomBytes(KEY_BYTES)
    }
  }
  return () => {
    key ??= load()
    return key
  }
}
