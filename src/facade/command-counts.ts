import type { BridgeEmitter } from '../../bridge/index.ts'

export interface CommandCounts {
  /** Buzzer requests made, and device commands published, since the start. */
  readonly sent: number
  /** Device commands that could not be published: nobody knows the device, or no store could tell. */
  readonly failed: number
  /** Counts no more. */
  close(): void
}

/** Counts what boards are told to do, whatever way it came. */
export const countCommands = (events: BridgeEmitter): CommandCounts => {
  let sent = 0
  let failed = 0
  const onRequested = (): void => {
    sent += 1
  }
  const onCommanded = ({ sent: isSent }: { readonly sent: boolean }): void => {
    if (isSent) sent += 1
    else failed += 1
  }
  events.on('buzzer:requested', onRequested)
  events.on('device:commanded', onCommanded)
  return {
    get sent() {
      return sent
    },
    get failed() {
      return failed
    },
    close: () => {
      events.off('buzzer:requested', onRequested)
      events.off('device:commanded', onCommanded)
    },
  }
}
