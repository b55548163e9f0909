/** The API document as a whole: what stands above the routes, and how generators of clients read it best. */
import type { FacadeOptions } from '../app.ts'

/** Whole numbers of zod, whose bounds are those of JavaScript: epoch milliseconds do not fit in 32 bits. */
const isSafeInteger = (value: unknown): boolean =>
  typeof value === 'object' &&
  value !== null &&
  'maximum' in value &&
  value.maximum === Number.MAX_SAFE_INTEGER

/** The finished document, as generators of clients read it best. */
export const forGenerators = (document: object): object =>
  JSON.parse(
    JSON.stringify(document, (key, value: unknown) => {
      // Of zod's readonly(), which says it of the type, not of the field.
      if (key === 'readOnly') return undefined
      return isSafeInteger(value) ? { type: 'integer', format: 'int64' } : value
    }),
  ) as object

const KEY = {
  header: { type: 'apiKey' as const, in: 'header', name: 'X-API-Key' },
  query: { type: 'apiKey' as const, in: 'query', name: 'apiKey' },
}

/** What stands above the routes. */
export const openApiHead = ({ apiKey, version }: Pick<FacadeOptions, 'apiKey' | 'version'>) => ({
  openapi: '3.1.0' as const,
  info: {
    title: 'Sluice',
    version: version ?? '0.0.0',
    description:
      'Readings, devices, buzzers and cameras over HTTP. Every error is `success: false` and a sentence.',
  },
  components: {
    securitySchemes: {
      basic: { type: 'http' as const, scheme: 'basic', description: 'A name and its secret.' },
      bearer: {
        type: 'http' as const,
        scheme: 'bearer',
        description: 'A token of POST /api/v1/auth/token. Sockets and images take it as ?token= too.',
      },
      ...(apiKey === undefined ? {} : KEY),
    },
  },
})
