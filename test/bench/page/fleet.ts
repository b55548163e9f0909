/** Boards that send, spread evenly over the second; ten share a connection, as one address may only have so many. */
import mqtt, { type MqttClient } from 'mqtt'
import type { Cleanup } from '../cleanup.ts'

export interface FleetOptions {
  readonly mqttPort: number
  readonly boards: number
  /** Readings a second of each. */
  readonly rate: number
}

const BOARDS_OF_A_CLIENT = 10
/** How often boards are let send that are due. */
const TURN_MS = 10

export const nameOf = (board: number): string => `board-${String(board).padStart(4, '0')}`

const readingOf = (board: number, at: number): string => {
  const wave = Math.sin(at / 60_000 + board)
  const temperature = Math.round((21 + 4 * wave + Math.random() / 5) * 100) / 100
  const humidity = Math.round((48 - 9 * wave) * 10) / 10
  return JSON.stringify({ temperature, humidity, pressure: 1013 + board / 1_000, lightLevel: board })
}

const connectAll = ({ mqttPort, boards }: FleetOptions): Promise<readonly MqttClient[]> =>
  Promise.all(
    Array.from({ length: Math.ceil(boards / BOARDS_OF_A_CLIENT) }, (_, n) =>
      mqtt.connectAsync(`mqtt://127.0.0.1:${mqttPort}`, { clientId: `gateway-${n}`, reconnectPeriod: 0 }),
    ),
  )

/** Resolves when each has sent once; they go on until the end of the scenario. */
export const startFleet = async (cleanup: Cleanup, options: FleetOptions): Promise<void> => {
  const clients = await connectAll(options)
  cleanup.add(async () => void (await Promise.all(clients.map((client) => client.endAsync(true)))))
  const send = (board: number): Promise<unknown> | undefined =>
    clients[board % clients.length]?.publishAsync(
      `sensors/${nameOf(board)}/data`,
      readingOf(board, Date.now()),
      { qos: 1 },
    )
  await Promise.all(Array.from({ length: options.boards }, (_, board) => send(board)))
  const startedAt = performance.now()
  let sent = 0
  const timer = setInterval(() => {
    const due = ((performance.now() - startedAt) / 1_000) * options.rate * options.boards
    // One that is cut off at the end of the scenario has nobody to tell.
    for (; sent < due; sent += 1) send(sent % options.boards)?.catch(() => undefined)
  }, TURN_MS)
  cleanup.add(async () => clearInterval(timer))
}
