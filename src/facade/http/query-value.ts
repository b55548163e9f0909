/** One value of the query; undefined when there is none, empty when it was given twice: that says nothing. */
export const queryValue = (url: string, name: string): string | undefined => {
  const query = url.indexOf('?')
  // Most URLs have no such field: looked for before a list of all fields is made.
  if (query < 0 || !url.includes(name, query)) return undefined
  const [value, ...others] = new URLSearchParams(url.slice(query)).getAll(name)
  return others.length === 0 ? value : ''
}
