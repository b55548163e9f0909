/** How a simulation is told of: one line that is written over in a terminal, a line now and then elsewhere. */
import type { FleetStats } from './fleet.ts'

const number = (value: number): string => value.toLocaleString('en-US')

/** `1:05`, `2:00:00` */
export const elapsedText = (ms: number): string => {
  const seconds = Math.floor(ms / 1_000)
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60]
  const two = (value: number): string => String(value).padStart(2, '0')
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`
}

/** @param ratePerS - messages acked a second of late */
export const progressLine = (stats: FleetStats, ratePerS: number, elapsedMs: number): string =>
  [
    `${number(stats.connected)} of ${number(stats.boards)} boards connected`,
    `${ratePerS >= 10 ? number(Math.round(ratePerS)) : ratePerS.toFixed(1)} messages/s`,
    `${number(stats.acked)} acked`,
    `${number(stats.unacked)} unacked`,
    `${number(stats.refused)} refused`,
    elapsedText(elapsedMs),
  ].join('  ')

/** What is said at the end. */
export const summaryText = (stats: FleetStats, elapsedMs: number): string => {
  const { boards, acked, unacked, refused, held, beeps } = stats
  const lines = [
    `${number(boards)} boards, ${elapsedText(elapsedMs)}: ${number(acked)} messages acked, ${number(unacked)} not`,
  ]
  if (refused > 0) lines.push(`${number(refused)} were refused: npx sluice dlq list shows them`)
  if (beeps > 0) lines.push(`${number(beeps)} buzzer requests answered`)
  if (held > 0)
    lines.push(`${number(held)} turns were passed over: without a connection, or waiting for acks`)
  return `${lines.join('\n')}\n`
}
