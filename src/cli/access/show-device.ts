/** Shows a board's new secret, once: settings, a sketch, a QR code. Standard output alone holds secrets. */
import { type CommandContext, UsageError, type Words } from '../command.ts'
import { FLAG, TEXT, textOption } from '../option-words.ts'
import { printable } from '../printable.ts'
import { addressUrl, type BoardSettings } from '../sketches/sketch.ts'
import { isSketchName, SKETCH_NAMES, SKETCHES, type SketchName } from '../sketches/sketches.ts'
import { jsonLines } from '../table.ts'
import { commandFor } from './holder-kind.ts'
import { fits, qrCode } from './qr-code.ts'
import { REACH_OPTIONS, type Reach, reachOf } from './reach.ts'

export const SHOW_OPTIONS = { ...REACH_OPTIONS, sketch: TEXT, qr: FLAG, json: FLAG } as const
export const SHOW_USAGE = `[--sketch ${SKETCH_NAMES.join('|')}] [--host HOST] [--qr] [--json]`

const DEFAULT_SKETCH: SketchName = 'pubsubclient'

/** How it will be shown; found out before anything is changed. */
export interface Showing {
  readonly reach: Reach
  readonly sketch: SketchName
}

/** Throws ConfigError or UsageError. */
export const showingOf = (words: Words, context: CommandContext): Showing => {
  const sketch = textOption(words, 'sketch') ?? DEFAULT_SKETCH
  if (!isSketchName(sketch)) {
    throw new UsageError(`--sketch ${JSON.stringify(sketch)} must be one of ${SKETCH_NAMES.join(', ')}`)
  }
  if (words.options.json === true && (words.options.qr === true || words.options.sketch !== undefined)) {
    throw new UsageError('--json gives the settings alone: it goes with no --sketch and no --qr')
  }
  return { reach: reachOf(words, context), sketch }
}

/** All a board needs, as one line: `mqtt://porch:SECRET@192.168.1.20:1883`. */
export const settingsUrl = (board: BoardSettings): string =>
  addressUrl('mqtt', board).replace('//', `//${encodeURIComponent(board.id)}:${board.secret}@`)

const lines = (board: BoardSettings, tlsPort: number | undefined): string =>
  [
    ['device', printable(board.id)],
    ['secret', board.secret],
    ['host', board.host],
    ['port', String(board.port)],
    ...(tlsPort === undefined ? [] : [['tls', String(tlsPort)]]),
  ]
    .map(([name = '', value]) => `${name.padEnd(6)}  ${value}\n`)
    .join('')

const codeOf = (board: BoardSettings, words: Words, { size }: CommandContext['terminal']): string => {
  const url = settingsUrl(board)
  return words.options.qr === true || fits(url, size) ? `\n${qrCode(url, size !== undefined)}` : ''
}

/** Writes what the board has to know. */
export const showDevice = async (
  { id, secret }: Pick<BoardSettings, 'id' | 'secret'>,
  { reach, sketch }: Showing,
  { words, context: { terminal } }: { readonly words: Words; readonly context: CommandContext },
): Promise<void> => {
  const board: BoardSettings = { id, secret, host: reach.host, port: reach.mqttPort }
  if (words.options.json === true) {
    await terminal.out(jsonLines([{ ...board, tlsPort: reach.tlsPort, url: addressUrl('mqtt', board) }]))
  } else {
    await terminal.out(
      `${lines(board, reach.tlsPort)}\n${SKETCHES[sketch](board)}${codeOf(board, words, terminal)}`,
    )
  }
  await terminal.err(
    `The secret is shown this once: only its hash is kept. Another one: ${commandFor('device', 'rotate', id)}\n`,
  )
  for (const doubt of reach.doubts) await terminal.err(`${doubt}\n`)
}
