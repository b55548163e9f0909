import { createInterface } from 'node:readline/promises'
import type { Terminal } from './command.ts'

/** A stream of the process, as far as a command needs it. */
type Stream = NodeJS.WriteStream

const writer =
  (stream: Stream) =>
  (text: string | Uint8Array): Promise<void> =>
    new Promise((resolve, reject) => {
      stream.write(text, (error) => (error ? reject(error) : resolve()))
    })

/** The streams of this process. A reader that goes away is an error of the write, not of the process. */
export const createTerminal = (process: {
  readonly stdin: NodeJS.ReadStream
  readonly stdout: Stream
  readonly stderr: Stream
}): Terminal => {
  const { stdin, stdout, stderr } = process
  for (const stream of [stdout, stderr]) stream.on('error', () => {})
  const ask = async (question: string): Promise<string> => {
    const lines = createInterface({ input: stdin, output: stderr })
    // The end of the input, or Ctrl-C, is no answer and says no.
    const closed = new Promise<string>((resolve) => lines.once('close', () => resolve('')))
    try {
      return await Promise.race([lines.question(question), closed])
    } finally {
      lines.close()
    }
  }
  return {
    out: writer(stdout),
    err: writer(stderr),
    ask: stdin.isTTY && stderr.isTTY ? ask : undefined,
    rewrites: stderr.isTTY === true,
    size: stdout.isTTY ? { columns: stdout.columns, rows: stdout.rows } : undefined,
  }
}
