/** Which of the codings that a body was packed with a client takes best. */

export interface PackedForms {
  readonly br: Buffer | undefined
  readonly gzip: Buffer | undefined
}

/** Weight of each coding named in an `Accept-Encoding` (RFC 9110, 12.5.3). */
const weightsOf = (header: string): ReadonlyMap<string, number> =>
  new Map(
    header.split(',').map((part) => {
      const [name = '', ...parameters] = part
        .trim()
        .toLowerCase()
        .split(/\s*;\s*/)
      const weight = parameters.find((parameter) => parameter.startsWith('q='))
      return [name, weight === undefined ? 1 : Number(weight.slice(2)) || 0]
    }),
  )

/** The smaller first. Undefined: as it is. */
export const acceptedCoding = (header: string | undefined, forms: PackedForms): 'br' | 'gzip' | undefined => {
  if (header === undefined) return undefined
  const weights = weightsOf(header)
  const takes = (coding: string): boolean => (weights.get(coding) ?? weights.get('*') ?? 0) > 0
  if (forms.br !== undefined && takes('br')) return 'br'
  return forms.gzip !== undefined && takes('gzip') ? 'gzip' : undefined
}
