/** Boards that connect, listen for commands and say no more. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Attack } from '../attack.ts'
import { CONNACK_BYTES, connectBytes, isAccepted, subscribeBytes } from '../mqtt-bytes.ts'
import { cutAll, openMany, openStranger } from '../stranger.ts'

const SUBACK_BYTES = 5
const KIB = 1024

export const idle: Attack = async ({ target, scale, memory }) => {
  const before = await memory()
  const strangers = await openMany(scale.idle, async (n) => {
    const stranger = await openStranger(target.mqttPort, n)
    stranger.write(connectBytes(`idle-${n}`))
    stranger.write(subscribeBytes(`buzzer/idle-${n}/cmd`))
    await stranger.answered(CONNACK_BYTES + SUBACK_BYTES)
    return stranger
  })
  const accepted = strangers.filter(({ head, isOpen }) => isOpen && isAccepted(head)).length
  await delay(scale.holdMs)
  const perBoard = Math.round(((await memory()) - before) * KIB) / Math.max(1, accepted)
  const left = strangers.filter(({ isOpen }) => isOpen).length
  await cutAll(strangers)
  const problems = left < scale.idle ? [`idle: only ${left} of ${scale.idle} stayed connected`] : []
  return { counts: { connected: accepted, 'KiB each': Math.round(perBoard * 10) / 10 }, problems }
}
