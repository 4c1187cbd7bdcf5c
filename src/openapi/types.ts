// The same schemas as plain TypeScript, for the client: whoever installs it needs neither zod nor anything else.
import { ANSWERS, type Json, jsonSchemaOf, QUERIES, REQUESTS, type SchemaName } from './schemas'

const NAMES = [REQUESTS, QUERIES, ANSWERS].flatMap((names) => Object.keys(names) as SchemaName[])

export const types = [
  "// Made of the Worker's own schemas by `npm run client`: change those instead.",
  ...NAMES.map((name) => `export type ${name} = ${typeOf(jsonSchemaOf(name), '')}`),
  '',
].join('\n\n')

function typeOf(json: Json, indent: string): string {
  const { type, anyOf, items, properties, additionalProperties } = json
  if (json.const !== undefined) return literal(json.const)
  if (json.enum) return json.enum.map(literal).join(' | ')
  if (anyOf) return anyOf.map((one) => typeOf(one, indent)).join(' | ')
  if (items) return `Array<${typeOf(items, indent)}>`
  if (properties) return objectOf(json, indent)
  if (typeof additionalProperties === 'object')
    return `Record<string, ${typeOf(additionalProperties, indent)}>`
  if (Array.isArray(type)) return type.map((one) => typeOf({ type: one }, indent)).join(' | ')
  if (type === 'integer' || type === 'number') return 'number'
  if (type === 'string' || type === 'boolean' || type === 'null') return type
  throw new Error(`no type for ${JSON.stringify(json)}`)
}

function literal(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : String(value)
}

/** Where just one of several fields must be there, a union says so. */
function objectOf({ properties = {}, required = [], oneOf = [] }: Json, indent: string): string {
  const choices = oneOf.flatMap((one) => one.required ?? [])
  const isChoice = (key: string) => choices.includes(key)
  const all = Object.entries(properties)
  const field = ([key, json]: [string, Json]) => {
    const type = typeOf(json, `${indent}  `)
    const line = required.includes(key) ? `${key}: ${type}` : `${key}?: ${type} | undefined`
    return [json.description && `/** ${json.description} */`, line].filter(Boolean)
  }
  const block = (lines: (string | undefined)[]) =>
    `{\n${lines.map((line) => `${indent}  ${line}\n`).join('')}${indent}}`
  const common = block(all.filter(([key]) => !isChoice(key)).flatMap(field))
  if (choices.length === 0) return common
  const alternatives = choices.map((chosen) =>
    block(
      all
        .filter(([key]) => isChoice(key))
        .flatMap(([key, { description, ...json }]) =>
          key === chosen
            ? [`/** ${description} */`, `${key}: ${typeOf(json, `${indent}  `)}`]
            : [`${key}?: undefined`],
        ),
    ),
  )
  return `${common} & (${alternatives.join(' | ')})`
}
