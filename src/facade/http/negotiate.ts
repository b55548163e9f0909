/** Which of the types that a route can answer in an `Accept` header asks for; the first of them when it does not care. */
export const negotiate = <Type extends string>(
  accept: string | undefined,
  types: readonly [Type, ...Type[]],
): Type => {
  const [fallback] = types
  if (accept === undefined) return fallback
  const ranges = accept.split(',').map((range) => {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
    const q = parameters.find((parameter) => parameter.startsWith('q='))
    return { type, q: q === undefined ? 1 : Number(q.slice(2)) }
  })
  const qualityOf = (wanted: Type): number => {
    const [kind] = wanted.split('/')
    for (const type of [wanted, `${kind}/*`, '*/*']) {
      const found = ranges.find((range) => range.type === type)
      if (found !== undefined) return found.q
    }
    return 0
  }
  return types.reduce((best, type) => (qualityOf(type) > qualityOf(best) ? type : best), fallback)
}
