/**
 * What happens when the spool, or the memory before it, is at its bound. Messages with an ack are held for a
 * while, in order, for room to come; then they are refused and their senders keep them. QoS 0 has nobody who
 * keeps it: it is dropped and counted, by the caller.
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

/** An admission that asks `use` for the numbers. */
export const createAdmission = (
  deps: { readonly use: () => SpoolUse; readonly events: BridgeEmitter; readonly monotonic: () => number },
  options: AdmissionOptions,
): Admission => {
  const { use, events, monotonic } = deps
  const waiting: { readonly held: Held; readonly until: number }[] = []
  let heldBytes = 0
  let full = false
  let timer: NodeJS.Timeout | undefined

  const next = (): Held | undefined => {
    const first = waiting.shift()
    if (first === undefined) return undefined
    heldBytes -= first.held.bytes
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
    full = isFull(use(), options, full)
    if (full !== now) events.emit('spool:full', { full, bytes: use().spoolBytes })
  }

  const settleTimer = (): void => {
    if (waiting.length > 0) timer ??= setInterval(expire, 250)
    else {
      clearInterval(timer)
      timer = undefined
    }
  }

  const update = (): void => {
    look()
    while (!full && waiting.length > 0) {
      next()?.take()
      look()
    }
    settleTimer()
  }

  const expire = (): void => {
    const now = monotonic()
    for (let first = waiting[0]; first !== undefined && first.until <= now; first = waiting[0]) {
      next()
      refuse(first.held, 'SPOOL_FULL')
    }
    settleTimer()
  }

  return {
    get full() {
      return full
    },
    get heldBytes() {
      return heldBytes
    },
    update,
    hold: (held) => {
      if (heldBytes + held.bytes > options.maxHeldBytes) return refuse(held, 'SPOOL_FULL')
      heldBytes += held.bytes
      waiting.push({ held, until: monotonic() + options.holdMs })
      settleTimer()
    },
    stop: () => {
      for (let held = next(); held !== undefined; held = next()) refuse(held, 'STOPPING')
      settleTimer()
    },
  }
}
