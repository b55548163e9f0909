const DEFAULT_LIMIT = 100
const MAX_LIMIT = 500

/**
 * The `limit` of a query: the leading digits count (`10.9` → 10, `1e3` → 1), the first of several wins, more
 * than 500 is 500. What is absent, empty, below 1 or no number gives the default of 100.
 */
export const parseLimit = (given: unknown): number => {
  const first: unknown = Array.isArray(given) ? given[0] : given
  const limit = typeof first === 'string' ? Number.parseInt(first, 10) : Number.NaN
  return limit >= 1 ? Math.min(limit, MAX_LIMIT) : DEFAULT_LIMIT
}
