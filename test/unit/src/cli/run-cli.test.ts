import { describe, expect, test } from '@jest/globals'
import { BridgeError } from '../../../../bridge/core/errors.ts'
import { type Command, CommandError, UsageError } from '../../../../src/cli/command.ts'
import { COMMANDS } from '../../../../src/cli/commands.ts'
import { sluice } from '../../../support/cli.ts'

const commandOf = (run: Command['run']): Command => ({
  name: 'tea make',
  usage: '[--sugar N] CUP…',
  summary: 'Makes tea.',
  options: { sugar: { type: 'string' }, milk: { type: 'boolean' } },
  run,
})

const failing = (error: unknown) =>
  sluice(['tea', 'make'], {
    commands: [
      commandOf(async () => {
        throw error
      }),
    ],
  })

describe('the command line', () => {
  test('without a word shows how it is used, and was not understood', async () => {
    const { code, out, err } = await sluice([])
    expect([code, out]).toEqual([2, ''])
    for (const { name } of COMMANDS) expect(err).toContain(`sluice ${name} `)
  })

  test.each([[['--help']], [['-h']], [['help']], [['dlq', '--help']], [['dlq', 'list', '--help']]])(
    'asked for help shows it: %j',
    async (args) => {
      const { code, out, err } = await sluice(args)
      expect([code, err]).toEqual([0, ''])
      expect(out).toContain('sluice dlq list [--device ID]')
    },
  )

  test('with an unknown command names it, and shows those there are', async () => {
    expect(await sluice(['dlq', 'lst'])).toMatchObject({
      code: 2,
      err: expect.stringMatching(/no command "dlq lst"[\s\S]*sluice dlq list/),
    })
    expect(await sluice(['dlq'])).toMatchObject({ code: 2, err: expect.stringMatching(/^Usage: /) })
    expect((await sluice(['tea'])).code).toBe(2)
  })

  test('gives a command its options and the other words', async () => {
    const commands = [
      commandOf(async ({ options, rest }, { terminal }) => {
        await terminal.out(JSON.stringify({ ...options, rest }))
        return 0
      }),
    ]
    const { code, out } = await sluice(['tea', 'make', 'red', '--sugar', '2', '--milk', 'blue'], { commands })
    expect(code).toBe(0)
    expect(JSON.parse(out)).toEqual({ sugar: '2', milk: true, rest: ['red', 'blue'] })
  })

  test.each([[['--spoon']], [['--sugar']], [['--milk=yes']]])('is not understood with %j', async (args) => {
    const { code, err } = await sluice(['tea', 'make', ...args], { commands: [commandOf(async () => 0)] })
    expect(code).toBe(2)
    expect(err).toContain(String(args[0]).split('=')[0])
    expect(err).toContain('sluice --help')
  })
})

describe('a command that fails', () => {
  test('ends with 2 when it was not understood, else with 1, and one sentence', async () => {
    expect(await failing(new UsageError('how much?'))).toMatchObject({
      code: 2,
      err: 'sluice: how much?\nSee: sluice --help\n',
    })
    expect(await failing(new CommandError('no tea'))).toMatchObject({ code: 1, err: 'sluice: no tea\n' })
    expect(await failing(new BridgeError('STORE_UNAVAILABLE', 'away'))).toMatchObject({
      code: 1,
      err: 'sluice: away\n',
    })
    expect(await failing(new Error('odd'))).toMatchObject({ code: 1, err: 'sluice: unexpected error: odd\n' })
  })

  test('never prints a password', async () => {
    const { err } = await failing(new Error('bad URL postgres://me:secret@db/x?password=secret'))
    expect(err).toContain('postgres://me:***@db')
    expect(err).not.toContain('secret')
  })

  test('says nothing when nobody reads any more', async () => {
    expect(await failing(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }))).toMatchObject({
      code: 1,
      err: '',
    })
  })
})

describe('words about dead letters that cannot be meant', () => {
  test.each([
    [['list', '7'], 'see dlq show'],
    [['list', '--limit', '0'], '--limit "0" must be a whole number from 1 to 10000'],
    [['list', '--limit', '1e3'], '--limit'],
    [['list', '--before', '2026-11-23'], '--before'],
    [['list', '--since', 'soon'], '--since "soon" is no time'],
    [['list', '--device', ''], '--device is empty'],
    [['show'], 'takes one id'],
    [['show', '1', '2'], 'takes one id'],
    [['show', 'x'], 'the id "x"'],
    [['show', '1', '--raw', '--json'], 'do not go together'],
    [['replay'], 'which dead letters?'],
    [['replay', '--dry-run'], 'which dead letters?'],
    [['replay', '1', '--all'], '--all goes with no id'],
    [['replay', '-1'], '-1'],
    [['purge'], 'which dead letters?'],
    [['purge', '--yes'], 'which dead letters?'],
    [['purge', '--all', '--reason', 'bad-json'], '--all goes with no id'],
    [['purge', '--before', '7'], '--before "7" is no time'],
  ])('dlq %j', async (args, message) => {
    const { code, err } = await sluice(['dlq', ...args])
    expect(code).toBe(2)
    expect(err).toContain(message)
  })
})

describe('without a database to open', () => {
  test('it says that there is none', async () => {
    expect(await sluice(['dlq', 'list'], { env: { USEDB: 'false' } })).toMatchObject({
      code: 1,
      err: expect.stringContaining('USEDB=false'),
    })
  })

  test('broken settings are named, secrets are not', async () => {
    const { code, err } = await sluice(['dlq', 'list'], {
      env: { PORT: 'x', DATABASE_URL: 'postgres://u:p w@h/d' },
    })
    expect(code).toBe(1)
    expect(err).toContain('PORT is "x"')
    expect(err).not.toContain('p w')
  })
})
