/** Damages one file of a LevelDB that nobody has open, and says how. */
import { open, readdir, rm, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import type { Random } from '../random.ts'

export type DamageKind = 'flip' | 'zero' | 'truncate' | 'delete'

const KINDS: readonly DamageKind[] = ['flip', 'zero', 'truncate', 'delete']
const FILES = /\.(log|ldb)$|^MANIFEST-|^CURRENT$/
const ZERO_BYTES = 512

interface Wound {
  readonly path: string
  readonly size: number
  readonly random: Random
}

const flip = async ({ path, size, random }: Wound): Promise<string> => {
  const file = await open(path, 'r+')
  const at = random.whole(0, size - 1)
  try {
    const byte = Buffer.alloc(1)
    await file.read(byte, 0, 1, at)
    byte[0] = (byte[0] ?? 0) ^ (1 << random.whole(0, 7))
    await file.write(byte, 0, 1, at)
  } finally {
    await file.close()
  }
  return `a bit of byte ${at}`
}

const zero = async ({ path, size, random }: Wound): Promise<string> => {
  const file = await open(path, 'r+')
  const at = random.whole(0, size - 1)
  const bytes = Math.min(ZERO_BYTES, size - at)
  try {
    await file.write(Buffer.alloc(bytes), 0, bytes, at)
  } finally {
    await file.close()
  }
  return `${bytes} bytes from ${at} on`
}

const shorten = async ({ path, size, random }: Wound): Promise<string> => {
  const kept = random.whole(0, size - 1)
  await truncate(path, kept)
  return `all after byte ${kept}`
}

const remove = async ({ path }: Wound): Promise<string> => {
  await rm(path)
  return 'all'
}

const WOUNDS: Readonly<Record<DamageKind, (wound: Wound) => Promise<string>>> = {
  flip,
  zero,
  truncate: shorten,
  delete: remove,
}

/** The files with something in them, by name. */
const filesOf = async (folder: string): Promise<readonly { name: string; size: number }[]> => {
  const names = (await readdir(folder)).filter((name) => FILES.test(name)).sort()
  const files = await Promise.all(
    names.map(async (name) => ({ name, size: (await stat(join(folder, name))).size })),
  )
  return files.filter(({ size }) => size > 0)
}

/** One wound to a file that chance picks; what was done, in words. */
export const damage = async (folder: string, random: Random): Promise<string> => {
  const { name, size } = random.pick(await filesOf(folder))
  const kind = random.pick(KINDS)
  const what = await WOUNDS[kind]({ path: join(folder, name), size, random })
  return `${kind} ${name} (${size} bytes): ${what}`
}
