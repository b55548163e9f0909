/** Circles among files, by value or by type: files in one can only be understood together. */
import type { Import } from './imports-of.ts'

type Graph = ReadonlyMap<string, readonly string[]>

const graphOf = (imports: readonly Import[]): Graph => {
  const graph = new Map<string, string[]>()
  for (const { from, to } of imports) {
    const targets = graph.get(from)
    if (targets === undefined) graph.set(from, [to])
    else targets.push(to)
  }
  return graph
}

/** One circle per place where a walk meets its own path: `a → b → a`. Empty when there is none. */
export const cycles = (imports: readonly Import[]): readonly string[] => {
  const graph = graphOf(imports)
  const done = new Set<string>()
  const found: string[] = []
  const walk = (file: string, path: readonly string[]): void => {
    const start = path.indexOf(file)
    if (start >= 0) found.push([...path.slice(start), file].join(' → '))
    if (start >= 0 || done.has(file)) return
    for (const next of graph.get(file) ?? []) walk(next, [...path, file])
    done.add(file)
  }
  for (const file of graph.keys()) walk(file, [])
  return found
}
