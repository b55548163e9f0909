import { expect, test } from '@jest/globals'
import { createMarkedWriter, type Marked } from '../../../../bridge/pipeline/marked-writer.ts'
import { createDeferred } from '../../../support/deferred.ts'

interface Item extends Marked {
  readonly name: string
  value: number
}

const item = (name: string): Item => ({ name, value: 0, dirty: false, writing: false })

/** A store that answers what `answers` says, in order, then true. */
const createRig = ({ maxPerWrite = 10, answers = [] as Promise<boolean>[] } = {}) => {
  const written: string[][] = []
  const time = { due: true }
  const writer = createMarkedWriter<Item>(
    {
      write: async (items) => {
        written.push(items.map(({ name, value }) => `${name}${value}`))
        return (await answers.shift()) ?? true
      },
      due: () => time.due,
    },
    maxPerWrite,
  )
  return { writer, written, time }
}

test('an item that changes often is written once, as it is then', async () => {
  const { writer, written } = createRig()
  const a = item('a')
  for (a.value = 1; a.value < 5; a.value += 1) writer.changed(a)
  expect(writer.unsaved).toBe(1)
  await writer.flush()
  expect(written).toEqual([['a5']])
  expect(a).toMatchObject({ dirty: false, writing: false })
  expect(writer.unsaved).toBe(0)
})

test('an item that changes while it is written is written again, by the next write', async () => {
  const answer = createDeferred<boolean>()
  const { writer, written } = createRig({ answers: [answer.promise] })
  const a = item('a')
  writer.changed(a)
  const first = writer.flush()
  await Promise.resolve()
  expect(a.writing).toBe(true)
  a.value = 1
  writer.changed(a)
  answer.resolve(true)
  await first
  expect(writer.unsaved).toBe(1)
  await writer.flush()
  expect(written).toEqual([['a0'], ['a1']])
})

test('what could not be written waits, and the rest is not tried until the next turn', async () => {
  const { writer, written } = createRig({ maxPerWrite: 1, answers: [Promise.resolve(false)] })
  writer.changed(item('a'))
  writer.changed(item('b'))
  await writer.flush()
  expect(written).toEqual([['a0']])
  expect(writer.unsaved).toBe(2)
  await writer.flush()
  expect(written).toEqual([['a0'], ['b0'], ['a0']])
})

test('a turn writes only when the store may be asked, and nothing is under way', async () => {
  const { writer, written, time } = createRig()
  writer.changed(item('a'))
  time.due = false
  writer.turn()
  await writer.flush()
  expect(written).toHaveLength(1)
  time.due = true
  writer.turn()
  await Promise.resolve()
  expect(written).toHaveLength(1)
})

test('an item that is forgotten is not written', async () => {
  const { writer, written } = createRig()
  const a = item('a')
  writer.changed(a)
  writer.forget(a)
  await writer.flush()
  expect(written).toEqual([])
  expect(a.dirty).toBe(false)
})
