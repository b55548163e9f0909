import type { BoardKind } from './message.ts'

/** One simulated board. */
export interface Board {
  readonly kind: BoardKind
  readonly deviceId: string
  start(): void
  /** Makes no new messages from now on; those that are not acked it goes on sending. */
  stop(): void
  /** Messages that it still wants an ack for. */
  readonly unacked: number
  /** Ends its connection; resolves when that is gone. */
  close(): Promise<void>
}
