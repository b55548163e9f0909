/**
 * Text lines side by side as UTF-8. Each is written out at once: kept as strings until the fsync, the thousands
 * of pieces they are made of would be copied by every garbage collection in between.
 */
export interface LineBuffer {
  /** Adds a line; returns its bytes. */
  append(line: string): number
  /** What was added; the buffer takes nothing more afterwards. */
  bytes(): Buffer
}

/**
 * Room for a few lines. Under a light load a group is one or two of them, a thousand times a second: with 16 KiB each
 * the garbage collector was called twice a second, for memory outside of its heap, and acks waited 25 ms (p99) for it.
 */
const FIRST_BYTES = 1024
/** UTF-8 needs at most three bytes for a UTF-16 code unit. */
const MAX_UTF8 = 3

/** An empty buffer, which takes no memory before the first line. */
export const createLineBuffer = (): LineBuffer => {
  let buffer = EMPTY
  let used = 0

  const grow = (needed: number): void => {
    const bigger = Buffer.allocUnsafeSlow(Math.max(FIRST_BYTES, buffer.length * 2, used + needed))
    buffer.copy(bigger, 0, 0, used)
    buffer = bigger
  }

  return {
    append: (line) => {
      const needed = line.length * MAX_UTF8
      if (used + needed > buffer.length) grow(needed)
      const bytes = buffer.write(line, used)
      used += bytes
      return bytes
    },
    // What is kept must not hold on to room that was never used: the spool's tail counts bytes, not buffers.
    bytes: () => (used * 2 < buffer.length ? copyOf(buffer.subarray(0, used)) : buffer.subarray(0, used)),
  }
}

const copyOf = (bytes: Uint8Array): Buffer => {
  const copy = Buffer.allocUnsafeSlow(bytes.length)
  copy.set(bytes)
  return copy
}

const EMPTY = Buffer.alloc(0)
