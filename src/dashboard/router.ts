/** The views by what is behind the `#` of the address, so that each can be linked to and the server needs no routes. */

export type View =
  | { readonly name: 'list' }
  | { readonly name: 'device'; readonly id: string }
  | { readonly name: 'system' }
  | { readonly name: 'unknown' }

const decoded = (text: string): string | undefined => {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** The view that a `location.hash` names; what is behind a `?` in it is the view's own. */
export const parseHash = (hash: string): View => {
  const [path = ''] = hash.replace(/^#?\/?/, '').split('?', 1)
  if (path === '') return { name: 'list' }
  if (path === 'system') return { name: 'system' }
  const id = path.startsWith('device/') ? decoded(path.slice('device/'.length)) : undefined
  return id === undefined || id === '' ? { name: 'unknown' } : { name: 'device', id }
}

/** The address of a view. */
export const hrefOf = (view: Exclude<View, { name: 'unknown' }>): string => {
  if (view.name === 'device') return `#/device/${encodeURIComponent(view.id)}`
  return view.name === 'system' ? '#/system' : '#/'
}

/** Whether two are the same view of the same thing. */
export const isSameView = (a: View, b: View): boolean =>
  a.name === b.name && (a.name !== 'device' || b.name !== 'device' || a.id === b.id)
