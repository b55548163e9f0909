import { type DeviceBalance, parseDeviceId } from '../../../bridge/index.ts'
import type { FacadeApp, FacadeDeps } from '../app.ts'
import { errorAnswer } from '../contract/answers.ts'
import { balanceAnswer, balanceQuery, type DeviceSheet } from '../contract/system.ts'
import { noStore } from '../http/cache-profile.ts'
import { toSheet } from './to-sheet.ts'

const toDeviceSheet = (balance: DeviceBalance): DeviceSheet => {
  const { deviceId, sequence, clock } = balance
  if (sequence === null) return { deviceId, ...toSheet(balance), sequence, clock }
  const { boot, contiguous, highest, missing } = sequence
  const gaps = sequence.gaps.map(([from, to]) => [from, to])
  return { deviceId, ...toSheet(balance), sequence: { boot, contiguous, highest, missing, gaps }, clock }
}

/**
 * `GET /api/v1/system/balance`: what became of everything that was received. With `deviceId` that device alone, or
 * none when nothing came of it since the start; else those that most came of.
 */
export const systemBalanceRoute = (app: FacadeApp, { balance }: FacadeDeps): void => {
  const oneDevice = (asked: string): readonly DeviceBalance[] => {
    // A text that cannot be an id names a device that cannot exist.
    const id = parseDeviceId(asked)
    const found = id === undefined ? undefined : balance.device(id)
    return found === undefined ? [] : [found]
  }

  const schema = { querystring: balanceQuery, response: { 200: balanceAnswer, '5xx': errorAnswer } }
  app.get('/system/balance', { schema }, async ({ query: { deviceId, limit } }, reply) => {
    noStore(reply)
    const devices = deviceId === undefined ? balance.devices(limit) : oneDevice(deviceId)
    return {
      success: true as const,
      data: { total: toSheet(balance.total()), devices: devices.map(toDeviceSheet) },
    }
  })
}
