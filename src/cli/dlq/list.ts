import { type Command, type CommandContext, UsageError, type Words } from '../command.ts'
import { FLAG, TEXT, textOption } from '../option-words.ts'
import { cut } from '../printable.ts'
import { type LetterFilter, type LetterHead, type Stores, withStores } from '../stores.ts'
import { counted, jsonLines, table, timeText } from '../table.ts'
import { filterOf, parseCount } from './letter-words.ts'

const DEFAULT_LIMIT = 50
const MAX_LIMIT = 10_000
const MAX_DEVICE = 40
const MAX_TOPIC = 60
const MAX_DETAIL = 80

const HEADS = [
  { title: 'ID', align: 'right' },
  { title: 'TIME' },
  { title: 'DEVICE' },
  { title: 'TOPIC' },
  { title: 'REASON' },
  { title: 'BYTES', align: 'right' },
  { title: 'DETAIL' },
] as const

const REASONS = [
  { title: 'REASON' },
  { title: 'COUNT', align: 'right' },
  { title: 'BYTES', align: 'right' },
  { title: 'OLDEST' },
  { title: 'NEWEST' },
] as const

const rowOf = (letter: LetterHead): readonly string[] => [
  String(letter.id),
  timeText(letter.receivedAt),
  letter.deviceId === null ? '-' : cut(letter.deviceId, MAX_DEVICE),
  cut(letter.topic, MAX_TOPIC),
  cut(letter.reason, MAX_TOPIC),
  String(letter.bytes),
  cut(letter.detail, MAX_DETAIL),
]

const listReasons = async ({ letters }: Stores, filter: LetterFilter, isJson: boolean): Promise<string> => {
  const reasons = await letters.reasons(filter)
  if (isJson) {
    return jsonLines(
      reasons.map((one) => ({ ...one, oldest: timeText(one.oldest), newest: timeText(one.newest) })),
    )
  }
  const rows = reasons.map(({ reason, count, bytes, oldest, newest }) => [
    cut(reason, MAX_TOPIC),
    String(count),
    String(bytes),
    timeText(oldest),
    timeText(newest),
  ])
  const total = reasons.reduce((sum, { count }) => sum + count, 0)
  return `${rows.length === 0 ? '' : table(REASONS, rows)}${counted(total, 'dead letter')}\n`
}

const list = async (words: Words, context: CommandContext): Promise<number> => {
  if (words.rest.length > 0)
    throw new UsageError(`dlq list takes no ${JSON.stringify(words.rest[0])}: see dlq show`)
  const filter = filterOf(words, context, 'since')
  const limit = parseCount(textOption(words, 'limit') ?? String(DEFAULT_LIMIT), '--limit', MAX_LIMIT)
  const beforeText = textOption(words, 'before')
  const before = beforeText === undefined ? undefined : parseCount(beforeText, '--before')
  const isJson = words.options.json === true
  await withStores(context, async (stores) => {
    if (words.options.count === true) return context.terminal.out(await listReasons(stores, filter, isJson))
    const heads = await stores.letters.heads({ limit, before }, filter)
    if (isJson) {
      return context.terminal.out(
        jsonLines(
          heads.map(({ receivedAt, ...letter }) => ({ ...letter, receivedAt: timeText(receivedAt) })),
        ),
      )
    }
    if (heads.length === 0) return context.terminal.out('no dead letters\n')
    await context.terminal.out(table(HEADS, heads.map(rowOf)))
    const last = heads.at(-1)
    if (heads.length === limit && last !== undefined) {
      await context.terminal.err(`older ones: --before ${last.id}\n`)
    }
  })
  return 0
}

export const dlqList: Command = {
  name: 'dlq list',
  usage: '[--device ID] [--reason R] [--since ISO|2h] [--limit 50] [--before ID] [--count] [--json]',
  summary: 'Lists dead letters, newest first; --count: how many of each reason.',
  options: { device: TEXT, reason: TEXT, since: TEXT, limit: TEXT, before: TEXT, count: FLAG, json: FLAG },
  run: list,
}
