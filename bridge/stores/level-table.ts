/**
 * Reads a LevelDB table (its doc/table_format.md): is every block as it was written, and which pairs are in the
 * whole ones?
 *
 * LevelDB as classic-level opens it checks no block of a table: a changed bit reads as another value, or ends
 * the process at an assertion, at every start anew. So tables are checked here before LevelDB reads them.
 */
import { readFile } from 'node:fs/promises'
import { crc32c } from '@node-rs/crc32'
import { uncompress } from 'snappyjs'

const FOOTER_BYTES = 48
const TABLE_MAGIC = Buffer.from('57fb808b247547db', 'hex')
const TRAILER_BYTES = 5 // the kind of compression, and the masked CRC32C of block and kind
const SNAPPY = 1 // what LevelDB's own repair writes, whatever the tables were before
const CRC_MASK = 0xa282ead8
const TAG_BYTES = 8 // at the end of an internal key: sequence number × 256 + kind, little-endian
const KIND_VALUE = 1

type Pair = readonly [key: Buffer, value: Buffer]

interface Block {
  readonly offset: number
  readonly size: number
}

/** Reads varints one after another. Throws RangeError past the end. */
const createCursor = (bytes: Buffer, from = 0) => {
  let at = from
  const varint = (): number => {
    // Multiplied, not shifted: an offset may be past 32 bits.
    for (let value = 0, scale = 1; ; scale *= 128) {
      const byte = bytes.readUInt8(at)
      at += 1
      value += (byte % 128) * scale
      if (byte < 128) return value
    }
  }
  return {
    get at() {
      return at
    },
    varint,
    take: (length: number): Buffer => {
      if (at + length > bytes.length) throw new RangeError('past the end')
      at += length
      return bytes.subarray(at - length, at)
    },
    block: (): Block => ({ offset: varint(), size: varint() }),
  }
}

/** Whether a block is as it was written. */
const isWhole = (table: Buffer, { offset, size }: Block): boolean => {
  const end = offset + size
  if (end + TRAILER_BYTES > table.length) return false
  const crc = crc32c(table.subarray(offset, end + 1))
  return table.readUInt32LE(end + 1) === (((crc >>> 15) | (crc << 17)) + CRC_MASK) >>> 0
}

/** The content of a block, or undefined when it is not what was written. */
const contentOf = (table: Buffer, block: Block): Buffer | undefined => {
  if (!isWhole(table, block)) return undefined
  const end = block.offset + block.size
  const stored = table.subarray(block.offset, end)
  return table[end] === SNAPPY ? Buffer.from(uncompress(stored)) : stored
}

/** The pairs of a block, each key being told by what it shares with the one before. */
function* pairsOf(block: Buffer): Generator<Pair> {
  const restarts = block.readUInt32LE(block.length - 4)
  const pairs = createCursor(block.subarray(0, block.length - 4 - 4 * restarts))
  const end = block.length - 4 - 4 * restarts
  for (let key = Buffer.alloc(0); pairs.at < end; ) {
    const shared = pairs.varint()
    const own = pairs.varint()
    const valueBytes = pairs.varint()
    key = Buffer.concat([key.subarray(0, shared), pairs.take(own)])
    yield [key, pairs.take(valueBytes)]
  }
}

/** The blocks that an index names, or none when the index itself is damaged. */
const namedBy = (table: Buffer, index: Block): readonly Block[] => {
  const content = contentOf(table, index)
  return content === undefined ? [] : [...pairsOf(content)].map(([, value]) => createCursor(value).block())
}

// By name: Node's own errors are of another class where tests run.
const isPastEnd = (error: unknown): boolean => (error as { readonly name?: unknown }).name === 'RangeError'

interface Blocks {
  readonly data: readonly Block[]
  readonly other: readonly Block[]
}

const blocksOf = (table: Buffer): Blocks => {
  const footer = createCursor(table, table.length - FOOTER_BYTES)
  const filters = footer.block()
  const index = footer.block()
  return { data: namedBy(table, index), other: [filters, index, ...namedBy(table, filters)] }
}

/** What was found of a table: `unfinished` has no end (LevelDB itself tells whether it is needed). */
export type TableState = 'whole' | 'unfinished' | 'damaged'

const hasEnd = (table: Buffer): boolean =>
  table.length >= FOOTER_BYTES && table.subarray(-TABLE_MAGIC.length).equals(TABLE_MAGIC)

/** The state of the table in the file `path`. */
export const checkTable = async (path: string): Promise<TableState> => {
  const table = await readFile(path)
  if (!hasEnd(table)) return 'unfinished'
  try {
    const { data, other } = blocksOf(table)
    return [...other, ...data].every((block) => isWhole(table, block)) ? 'whole' : 'damaged'
  } catch (error) {
    if (!isPastEnd(error)) throw error
    return 'damaged'
  }
}

/**
 * What can still be read of the table in the file `path`: each key as the application wrote it, with its value.
 * A pair may have been deleted or written anew in a later table; deleted ones are not told.
 */
export const salvageTable = async (path: string): Promise<readonly Pair[]> => {
  const table = await readFile(path)
  if (!hasEnd(table)) return []
  const found: Pair[] = []
  try {
    for (const block of blocksOf(table).data) {
      const content = contentOf(table, block)
      if (content === undefined) continue
      for (const [key, value] of pairsOf(content)) {
        const name = key.subarray(0, -TAG_BYTES)
        if (key[name.length] === KIND_VALUE) found.push([name, value])
      }
    }
  } catch (error) {
    // A whole block that makes no sense: what came before it is kept.
    if (!isPastEnd(error)) throw error
  }
  return found
}
