import { expect, test } from '@jest/globals'
import { createBuzzerHandover } from '../../../../bridge/pipeline/buzzer-handover.ts'
import { createBuzzerRig, DEVICE } from './buzzer-rig.ts'

test('a request is handed over when the board is connected and listens, at the time its command went out first', async () => {
  const { buzzer, world } = createBuzzerRig()
  const { id } = await buzzer.request(DEVICE)
  expect(buzzer.handedOverAt(id)).toBeUndefined()
  world.isThere = true
  world.now += 1_000
  expect((await buzzer.request(DEVICE)).id).toBe(id)
  const handedOver = world.now
  world.now += 1_000
  await buzzer.request(DEVICE)
  expect(buzzer.handedOverAt(id)).toBe(handedOver)
})

test('to be handed over is not to be shown: the time of a board that polls has not begun', async () => {
  const { buzzer, world } = createBuzzerRig()
  world.isThere = true
  const { id } = await buzzer.request(DEVICE)
  expect(buzzer.handedOverAt(id)).toBe(world.now)
  expect(await buzzer.newest(DEVICE)).toMatchObject({ id, status: 'pending', deliveredAt: null })
})

test('a board that does not listen to its topic is handed nothing; the last thousand are known', async () => {
  let heard = ''
  const publisher = { isHeard: (topic: string) => topic === heard }
  const handover = createBuzzerHandover({ publisher, isThere: () => true })
  const { buzzer } = createBuzzerRig()
  const request = await buzzer.request(DEVICE)
  handover.note(request, 5)
  expect(handover.at(request.id)).toBeUndefined()
  heard = `buzzer/${DEVICE}/cmd`
  for (let n = 0; n <= 1_000; n++) handover.note({ ...request, id: request.id + n }, n)
  expect(handover.at(request.id)).toBeUndefined()
  expect(handover.at(request.id + 1)).toBe(1)
  expect(handover.at(request.id + 1_000)).toBe(1_000)
})
