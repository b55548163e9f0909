/** The app's Live screen: one WebSocket with the key in the address, and an image load for every frame it is told of. */
import { WebSocket } from 'ws'
import { eventually } from './eventually.ts'

export interface LiveScreen {
  /** Frames shown: their images were there. */
  readonly shown: number
  /** What the prefetch of an announced image came to, when it was not an image. */
  readonly missing: readonly string[]
  /** Status texts in the order in which they were shown. */
  readonly states: readonly string[]
  /** Who was recognised, where the event says so. */
  readonly recognised: readonly string[]
  close(): Promise<void>
}

interface NewFrame {
  readonly url: string
  readonly timestamp: number
  readonly recognition?: { readonly status: string; readonly recognizedAs?: string | null }
}

const isJpeg = (bytes: Uint8Array): boolean => bytes[0] === 0xff && bytes[1] === 0xd8

/** Why the image cannot be shown; undefined when it can. */
const load = async (http: string, { url, timestamp }: NewFrame): Promise<string | undefined> => {
  const answer = await fetch(`${http}${url}?t=${timestamp}`)
  const bytes = new Uint8Array(await answer.arrayBuffer())
  if (answer.status !== 200) return `${url} ${answer.status}`
  return isJpeg(bytes) && answer.headers.get('content-type') === 'image/jpeg' ? undefined : `${url} no image`
}

export const openLiveScreen = async (http: string): Promise<LiveScreen> => {
  const missing: string[] = []
  const states: string[] = []
  const recognised: string[] = []
  const loads = new Set<Promise<void>>()
  let shown = 0
  const socket = new WebSocket(`${http.replace('http', 'ws')}/?apiKey=dev-api-key-change-in-production`)
  const show = async (frame: NewFrame): Promise<void> => {
    const problem = await load(http, frame)
    if (problem === undefined) shown += 1
    else missing.push(problem)
    if (frame.recognition?.recognizedAs) recognised.push(frame.recognition.recognizedAs)
  }
  socket.on('error', (error) => states.push(`error ${error.message}`))
  socket.on('close', (code) => states.push(`closed ${code}`))
  socket.on('message', (data) => {
    const event = JSON.parse(String(data)) as { type: string; status: string } & NewFrame
    if (event.type === 'connection') states.push(event.status)
    if (event.type !== 'new_frame') return
    const loading = show(event).finally(() => loads.delete(loading))
    loads.add(loading)
  })
  await eventually(() => states.includes('connected'))
  return {
    missing,
    states,
    recognised,
    get shown() {
      return shown
    },
    close: async () => {
      socket.close(1000)
      await eventually(() => socket.readyState === WebSocket.CLOSED)
      await Promise.all(loads)
    },
  }
}
