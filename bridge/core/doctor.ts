import type { DeviceId } from './reading.ts'

/** The device as which `sluice doctor` sends its reading: a name that nobody gives a board by chance. */
export const DOCTOR_ID = 'sluice-doctor' as DeviceId
