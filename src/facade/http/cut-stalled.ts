import type { ServerResponse } from 'node:http'

/**
 * Cuts a client that takes nothing of what is on its way to it for `stallMs`. One that nothing is on its way to may
 * stay as long as it likes. Node's socket time-out counts what the system has taken, also in the middle of a write.
 */
export const cutWhenStalled = (response: ServerResponse, stallMs: number): void => {
  response.setTimeout(stallMs, () => {
    if (response.writableLength > 0) response.destroy()
    else response.socket?.setTimeout(stallMs)
  })
}
