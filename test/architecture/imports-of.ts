/**
 * Every import of a TypeScript text, from its syntax tree: static, type-only, `export … from`, dynamic with a
 * literal, and `import('…').Type`. A dynamic import of anything else cannot be followed and is not listed.
 */
import { posix } from 'node:path'
import { parseSync } from '@swc/core'
import type { SourceFile } from './source-files.ts'

export interface Import {
  /** The importing file. */
  readonly from: string
  /** A path from the root for a relative import, else the specifier as written (`node:fs`, `pg`). */
  readonly to: string
  /** True when nothing of it is left at run time. */
  readonly typeOnly: boolean
}

type Node = { readonly [field: string]: unknown }

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null

const literal = (value: unknown): string | undefined =>
  isNode(value) && value.type === 'StringLiteral' ? String(value.value) : undefined

/** The `import(…)` of a call, when its argument is a plain text (template without holes included). */
const dynamic = (node: Node): string | undefined => {
  const { callee } = node
  if (!isNode(callee) || callee.type !== 'Import' || !Array.isArray(node.arguments)) return undefined
  const [first] = node.arguments as readonly unknown[]
  const argument = isNode(first) ? first.expression : undefined
  if (!isNode(argument) || argument.type !== 'TemplateLiteral') return literal(argument)
  const quasis = argument.quasis as readonly Node[]
  return quasis.length === 1 ? String(quasis[0]?.cooked) : undefined
}

const specifierOf = (node: Node): { readonly specifier: string; readonly typeOnly: boolean } | undefined => {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportAllDeclaration':
    case 'ExportNamedDeclaration': {
      const specifier = literal(node.source)
      return specifier === undefined ? undefined : { specifier, typeOnly: node.typeOnly === true }
    }
    case 'TsImportType': {
      const specifier = literal(node.argument)
      return specifier === undefined ? undefined : { specifier, typeOnly: true }
    }
    case 'CallExpression': {
      const specifier = dynamic(node)
      return specifier === undefined ? undefined : { specifier, typeOnly: false }
    }
    default:
      return undefined
  }
}

export const importsOf = ({ path, text }: SourceFile): readonly Import[] => {
  const found: Import[] = []
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) for (const item of value) visit(item)
    if (!isNode(value) || Array.isArray(value)) return
    const hit = specifierOf(value)
    if (hit !== undefined) {
      const relative = hit.specifier.startsWith('.')
      const to = relative ? posix.join(posix.dirname(path), hit.specifier) : hit.specifier
      found.push({ from: path, to, typeOnly: hit.typeOnly })
    }
    for (const inner of Object.values(value)) visit(inner)
  }
  visit(parseSync(text, { syntax: 'typescript', tsx: path.endsWith('.tsx'), target: 'es2022' }).body)
  return found
}
