/**
 * What happens when the spool, or the memory before it, is at its bound, or the disk takes nothing. Messages with an
 * ack are held for a while, in order, for room to come; then they are refused and their senders keep them. QoS 0 has
 * nobody who keeps it: it is dropped and counted, by the caller.
 */
import { isFull, type SpoolBounds, type SpoolUse } from '../core/bound.ts'
import { BridgeError } from '../core/errors.ts'
import type { BridgeEmitter } from '../events.ts'

export interface AdmissionOptions extends SpoolBounds {
  /** How long a message is held before it is refused: under the 30 s after which esp-mqtt gives its own up. */
  readonly holdMs: number
  /** What all held messages may take together. */
  readonly maxHeldBytes: number
}

/** A message that waits for room. */
export interface Held {
  readonly bytes: number
  /** Takes the message in after all. */
  readonly take: () => void
  readonly refuse: (error: Error) => void
}

export interface Admission {
  readonly full: boolean
  readonly heldBytes: number
  /** Looks again whether there is room; when there is, what was held is taken in. */
  update(): void
  hold(held: Held): void
  /** Refuses what is held. */
  stop(): void
}

/** What holding a message costs besides its payload: packet, topic and closures. Measured: 0.9 KiB. */
const HELD_OVERHEAD_BYTES = 1_024
const CUT_EVERY = 4_096
const LOOK_EVERY_MS = 250
/** Writes that fail for longer are no passing matter: until then what comes gathers in memory. */
const FAILING_MS = 1_000

/** An admission that asks `use` for the numbers. */
export const createAdmission = (
  deps: { readonly use: () => SpoolUse; readonly events: BridgeEmitter; readonly monotonic: () => number },
  options: AdmissionOptions,
): Admission => {
  const { use, events, monotonic } = deps
  // From `head` on; cut once in a while, since a shift of a long array moves all of it each time.
  let waiting: ({ readonly held: Held; readonly until: number } | undefined)[] = []
  let head = 0
  let heldBytes = 0
  let full = false
  let failingSince: number | undefined
  let stopped = false
  let timer: NodeJS.Timeout | undefined

  const next = (): Held | undefined => {
    const first = waiting[head]
    if (first === undefined) return undefined
    waiting[head] = undefined
    head += 1
    if (head === waiting.length || head === CUT_EVERY) {
      waiting = waiting.slice(head)
      head = 0
    }
    heldBytes -= first.held.bytes + HELD_OVERHEAD_BYTES
    return first.held
  }

  const refuse = (held: Held, code: 'SPOOL_FULL' | 'STOPPING'): void => {
    events.emit('message:held', { count: 1 })
    held.refuse(
      new BridgeError(
        code,
        code === 'STOPPING' ? 'Sluice is stopping' : 'The spool is full: try again later',
      ),
    )
  }

  const look = (): void => {
    const now = full
    const failing = failingSince !== undefined && monotonic() - failingSince >= FAILING_MS
    full = isFull(use(), options, full) || failing
    if (full !== now) events.emit('spool:full', { full, bytes: use().spoolBytes })
  }

  const settleTimer = (): void => {
    // While it is full too: a trim makes room and tells nobody.
    if (!stopped && (full || head < waiting.length)) timer ??= setInterval(expire, LOOK_EVERY_MS)
    else {
      clearInterval(timer)
      timer = undefined
    }
  }

  const update = (): void => {
    look()
    while (!full && head < waiting.length) {
      next()?.take()
      look()
    }
    settleTimer()
  }

  const expire = (): void => {
    update()
    const now = monotonic()
    for (let first = waiting[head]; first !== undefined && first.until <= now; first = waiting[head]) {
      next()
      refuse(first.held, 'SPOOL_FULL')
    }
    settleTimer()
  }

  events.on('spool:failed', () => {
    failingSince ??= monotonic()
    update()
  })
  events.on('spool:committed', () => {
    failingSince = undefined
  })

  return {
    get full() {
      return full
    },
    get heldBytes() {
      return heldBytes
    },
    update,
    hold: (held) => {
      const bytes = held.bytes + HELD_OVERHEAD_BYTES
      if (heldBytes + bytes > options.maxHeldBytes) return refuse(held, 'SPOOL_FULL')
      heldBytes += bytes
      waiting.push({ held, until: monotonic() + options.holdMs })
      settleTimer()
    },
    stop: () => {
      stopped = true
      for (let held = next(); held !== undefined; held = next()) refuse(held, 'STOPPING')
      settleTimer()
    },
  }
}
