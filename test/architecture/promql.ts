/**
 * The names in a PromQL expression, read by its tokens and not by its grammar: enough to find a metric, a label or a
 * label's value that does not exist, and a function that is misspelt.
 */
const FUNCTIONS = [
  'abs',
  'absent',
  'changes',
  'clamp_min',
  'histogram_quantile',
  'increase',
  'max',
  'min',
  'rate',
  'sum',
]
const WORDS = ['and', 'or', 'unless', 'offset']
/** The labels that every series gets from Prometheus. */
const OF_PROMETHEUS = ['instance', 'job']

/** Of what is printed: the labels of each name, and the values these have. */
export type Series = ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>

const NO_LABELS: ReadonlyMap<string, ReadonlySet<string>> = new Map()

/** The series of Prometheus' text format. */
export const seriesOf = (text: string): Series => {
  const series = new Map<string, Map<string, Set<string>>>()
  for (const [, name = '', within = ''] of text.matchAll(/^(\w+)(?:\{(.*)\})? \S+$/gm)) {
    const labels = series.get(name) ?? new Map<string, Set<string>>()
    series.set(name, labels)
    for (const [, label = '', value = ''] of within.matchAll(/(\w+)="([^"]*)"/g))
      labels.set(label, (labels.get(label) ?? new Set()).add(value))
  }
  return series
}

/** What is wrong with `name{label="value"}`. */
const problemsOfSelector = (name: string, within: string, series: Series): readonly string[] => {
  const labels = series.get(name) ?? NO_LABELS
  return Array.from(within.matchAll(/(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"/g)).flatMap(
    ([, label = '', operator = '', value = '']) => {
      if (OF_PROMETHEUS.includes(label)) return []
      const values = labels.get(label)
      if (values === undefined) return [`${name} has no label ${label}`]
      return operator.includes('~') || values.has(value) ? [] : [`${name} has no ${label}="${value}"`]
    },
  )
}

/** What is wrong with the names in an expression; nothing, when all of them are there. */
export const problemsOf = (expression: string, series: Series): readonly string[] => {
  const problems: string[] = []
  const grouped: string[] = []
  const names = expression
    .replace(/\[[^\]]*\]/g, ' ')
    .replace(/(\w+)\{([^}]*)\}/g, (_all, name: string, within: string) => {
      problems.push(...problemsOfSelector(name, within, series))
      return ` ${name} `
    })
    .replace(/\b(?:by|on)\s*\(([^)]*)\)/g, (_all, within: string) => {
      grouped.push(...(within.match(/\w+/g) ?? []))
      return ' '
    })
    .replace(/\b\d[\w.]*/g, ' ')
    .match(/[a-zA-Z_]\w*/g)
  const metrics = (names ?? []).filter((name) => !FUNCTIONS.includes(name) && !WORDS.includes(name))
  const labels = new Set([
    ...OF_PROMETHEUS,
    ...metrics.flatMap((name) => [...(series.get(name) ?? NO_LABELS).keys()]),
  ])
  return [
    ...problems,
    ...(metrics.length === 0 ? ['asks for no metric'] : []),
    ...metrics.filter((name) => !series.has(name)).map((name) => `there is no ${name}`),
    ...grouped.filter((label) => !labels.has(label)).map((label) => `no metric has the label ${label}`),
  ]
}
