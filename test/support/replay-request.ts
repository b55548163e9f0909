/** The bytes of a recorded request body, and its headers as a client sends them. Pure but for the fixture files. */
import { fixture, type RecordedRequest } from './recordings.ts'

interface Part {
  readonly name: string
  readonly value?: string
  readonly filename?: string
  readonly contentType?: string
  readonly $file?: string
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const boundaryOf = (contentType = ''): string => /boundary=(.+)$/.exec(contentType)?.[1] ?? 'missing'

/** A multipart body of these parts, as a browser or the app writes it. */
export const multipart = (parts: readonly Part[], boundary: string): Buffer => {
  const chunks = parts.flatMap((part) => {
    const file = part.filename === undefined ? '' : `; filename="${part.filename}"`
    const type = part.contentType === undefined ? '' : `Content-Type: ${part.contentType}\r\n`
    return [
      Buffer.from(
        `--${boundary}\r\nContent-Disposition: form-data; name="${part.name}"${file}\r\n${type}\r\n`,
      ),
      part.$file === undefined ? Buffer.from(part.value ?? '') : fixture(part.$file),
      Buffer.from('\r\n'),
    ]
  })
  return Buffer.concat([...chunks, Buffer.from(`--${boundary}--\r\n`)])
}

/** `10485761 bytes of 0x01` → those bytes. */
const generated = (description: string): Buffer => {
  const found = /^(\d+) bytes of 0x([0-9a-f]{2})$/.exec(description)
  if (found === null) throw new Error(`a generated body that nobody knows how to make: ${description}`)
  return Buffer.alloc(Number(found[1]), Number.parseInt(found[2] ?? '', 16))
}

/** What was sent as the body; undefined when there was none. */
export const bodyBytes = ({ body, headers }: RecordedRequest): Buffer | undefined => {
  if (body === null || body === undefined) return undefined
  if (typeof body === 'string') return Buffer.from(body)
  if (isObject(body)) {
    if (typeof body.$file === 'string') return fixture(body.$file)
    if (typeof body.$generated === 'string') return generated(body.$generated)
    if (Array.isArray(body.$multipart)) return multipart(body.$multipart, boundaryOf(headers['Content-Type']))
    if (body.type === 'Buffer' && Array.isArray(body.data)) return Buffer.from(body.data as number[])
  }
  return Buffer.from(JSON.stringify(body))
}
