/** A facade over a bridge that keeps pictures on disk; what was stored, refused and looked at is noted. */
import { join } from 'node:path'
import type { Device, DeviceId, FrameRefusal, StoredFrame } from '../../bridge/index.ts'
import type { FacadeDeps } from '../../src/facade/index.ts'
import { type BridgedFacade, type BridgedFacadeGiven, startBridgedFacade } from './bridged-facade.ts'
import { deviceId } from './facade-services.ts'
import { type Exchange, exchange } from './http-exchange.ts'
import { fixture } from './recordings.ts'

export const VGA = fixture('frame-vga.jpg')
/** 5,000 bytes, the least `/stream/fast` takes. */
export const JPEG_5000 = fixture('frame-5000.jpg')
export const JPEG_4999 = fixture('frame-4999.jpg')
/** 615 bytes. */
export const SMALL = fixture('frame-small.jpg')
export const NOT_A_JPEG = fixture('not-a-jpeg.bin')

export type SentHeaders = { readonly [name: string]: string }

/** As the camera sketch sends them. */
export const SKETCH_HEADERS: SentHeaders = {
  'User-Agent': 'ESP32HTTPClient',
  'Accept-Encoding': 'identity;q=1,chunked;q=0.1,*;q=0',
  'Content-Type': 'image/jpeg',
  'Device-ID': 'ESP32-CAM-001',
  'Device-Name': 'ESP32-CAM OV2640',
  'Device-Type': 'ESP32-CAM',
  'Device-IP': '192.168.1.50',
  'Device-Status': 'online',
  'Device-Uptime': '123456',
  'Device-FreeHeap': '145000',
  'Device-WifiRssi': '-58',
}

export interface FrameWorld extends BridgedFacade {
  readonly stored: readonly StoredFrame[]
  readonly refused: readonly { readonly deviceId: DeviceId | null; readonly reason: FrameRefusal }[]
  /** Shown to the face service. */
  readonly looked: readonly StoredFrame[]
  readonly framesFolder: string
  readonly recordingsFolder: string
  post(path: 'fast' | 'stream', body: string | Uint8Array, headers?: SentHeaders): Promise<Exchange>
  get(path: string, headers?: SentHeaders): Promise<Exchange>
}

/** Started; the caller stops it. `more` replaces services of the bridge. */
export const startFrameWorld = async (more: BridgedFacadeGiven = {}): Promise<FrameWorld> => {
  const looked: StoredFrame[] = []
  const stored: StoredFrame[] = []
  const refused: { deviceId: DeviceId | null; reason: FrameRefusal }[] = []
  const deps: Partial<FacadeDeps> = {
    recognition: {
      look: (frame) => void looked.push(frame),
      onComplete: () => () => undefined,
      addFace: () => Promise.reject(new Error('this world adds no faces')),
    },
    ...more.deps,
  }
  const world = await startBridgedFacade({ ...more, deps })
  world.events.on('frame:stored', ({ frame }) => stored.push(frame))
  world.events.on('frame:refused', (refusal) => refused.push(refusal))
  return {
    ...world,
    stored,
    refused,
    looked,
    framesFolder: join(world.folder, 'frames'),
    recordingsFolder: join(world.folder, 'recordings'),
    post: (path, body, headers = SKETCH_HEADERS) =>
      exchange(`${world.url}/api/v1/stream/${path}`, { method: 'POST', headers, body }),
    get: (path, headers = {}) => exchange(`${world.url}${path}`, { headers }),
  }
}

/** A form with one file, as old firmware sends it. */
export const formOf = (
  file: Uint8Array,
  boundary = 'ESP32CAM',
  disposition = 'name="image"; filename="f.jpg"',
) => ({
  headers: { 'Content-Type': `multipart/form-data; boundary=${boundary}`, 'Device-ID': 'mp-cam' },
  body: Buffer.concat([
    Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="note"\r\n\r\nhello\r\n`),
    Buffer.from(
      `--${boundary}\r\nContent-Disposition: form-data; ${disposition}\r\nContent-Type: image/jpeg\r\n\r\n`,
    ),
    file,
    Buffer.from(`\r\n--${boundary}--\r\n`),
  ]),
})

export const JPEG_TYPE = { 'Content-Type': 'image/jpeg' }
/** The camera of `SKETCH_HEADERS`. */
export const CAM = deviceId('ESP32-CAM-001')

/** What the bridge knows of a camera. Throws when it knows none. */
export const deviceOf = async ({ bridge }: FrameWorld, id = CAM): Promise<Device> => {
  const device = await bridge.devices.get(id)
  if (device === undefined) throw new Error(`nobody knows ${id}`)
  return device
}
