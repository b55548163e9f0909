import { outageOf } from '../errors.ts'

/** A part of an answer, or why it is not there. */
export type Part<T> = { readonly value: T } | { readonly why: string }

const PART_TIMEOUT_MS = 1_000

/** Asks for a part that an outage may take away without the rest. Throws what is no outage. */
export const partOf = async <T>(asked: Promise<T>): Promise<Part<T>> => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<Part<T>>((resolve) => {
    const why = `The database did not answer within ${PART_TIMEOUT_MS} ms`
    timer = setTimeout(() => resolve({ why }), PART_TIMEOUT_MS)
  })
  try {
    return await Promise.race([asked.then((value) => ({ value })), late])
  } catch (error) {
    const outage = outageOf(error)
    if (outage === undefined) throw error
    return { why: outage.error }
  } finally {
    clearTimeout(timer)
  }
}
