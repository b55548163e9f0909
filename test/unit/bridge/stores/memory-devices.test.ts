import { createMemoryDevices } from '../../../../bridge/stores/memory-devices.ts'
import { deviceStoreContract } from '../../../contracts/device-store.ts'

deviceStoreContract('the memory store', async () => ({
  devices: createMemoryDevices(),
  cleanup: async () => {},
}))
