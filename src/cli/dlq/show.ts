import { isUtf8 } from 'node:buffer'
import { type Command, type CommandContext, CommandError, UsageError, type Words } from '../command.ts'
import { hexDump } from '../hex-dump.ts'
import { FLAG } from '../option-words.ts'
import { printable, printableLines } from '../printable.ts'
import { type Letter, withStores } from '../stores.ts'
import { jsonLines, timeText } from '../table.ts'
import { parseCount } from './letter-words.ts'

const bodyOf = (payload: Uint8Array): string => {
  if (payload.byteLength === 0) return ''
  if (!isUtf8(payload)) return `\n${hexDump(payload)}`
  return `\n${printableLines(Buffer.from(payload).toString())}\n`
}

const forPeople = (letter: Letter): string => {
  const facts: readonly (readonly [string, string])[] = [
    ['id', String(letter.id)],
    ['time', timeText(letter.receivedAt)],
    ['device', letter.deviceId ?? '-'],
    ['client', letter.clientId ?? '-'],
    ['topic', letter.topic],
    ['reason', letter.reason],
    ['detail', letter.detail],
    ['bytes', String(letter.payload.byteLength)],
  ]
  const lines = facts.map(([name, value]) => `${name.padEnd(6)}  ${printable(value)}\n`)
  return `${lines.join('')}${bodyOf(letter.payload)}`
}

const forPrograms = ({ receivedAt, payload, ...letter }: Letter): string => {
  const bytes = Buffer.from(payload)
  const isText = isUtf8(bytes)
  return jsonLines([
    {
      ...letter,
      receivedAt: timeText(receivedAt),
      bytes: bytes.byteLength,
      encoding: isText ? 'utf8' : 'base64',
      payload: bytes.toString(isText ? 'utf8' : 'base64'),
    },
  ])
}

const show = async (words: Words, context: CommandContext): Promise<number> => {
  const [idText] = words.rest
  if (idText === undefined || words.rest.length > 1) throw new UsageError('dlq show takes one id')
  if (words.options.raw === true && words.options.json === true) {
    throw new UsageError('--raw and --json do not go together')
  }
  const id = parseCount(idText, 'the id')
  const letter = await withStores(context, ({ letters }) => letters.get(id))
  if (letter === undefined) throw new CommandError(`there is no dead letter ${id}`)
  if (words.options.raw === true) await context.terminal.out(letter.payload)
  else await context.terminal.out(words.options.json === true ? forPrograms(letter) : forPeople(letter))
  return 0
}

export const dlqShow: Command = {
  name: 'dlq show',
  usage: 'ID [--raw | --json]',
  summary: 'Shows one, its payload as text or as a hex dump; --raw: just the bytes that came.',
  options: { raw: FLAG, json: FLAG },
  run: show,
}
