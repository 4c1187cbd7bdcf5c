// The document as a page: plain HTML, made before the Worker is. It loads its style sheet and nothing else.
import { document } from './document'
import type { Json } from './schemas'

type Operation = {
  operationId: string
  tags: string[]
  summary: string
  security: Record<string, string[]>[]
  parameters?: (Parameter | Ref)[]
  requestBody?: { content: Record<string, Media> }
  responses: Record<string, Answer | Ref>
}
type Answer = { description: string; content?: Record<string, Media> }
type Ref = { $ref: string }
type Parameter = {
  name: string
  in: string
  required?: boolean
  description?: string
  schema: Json
}
type Media = { schema: Json | Ref; example?: object }

const { info, tags, components } = document
const paths = document.paths as Record<string, Record<string, Operation>>
const operations = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    path,
    method: method.toUpperCase(),
    ...operation,
  })),
)

const escaped = (text: string) => text.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`)
/** `code` between backticks, the rest as it is. */
const prose = (text = '') => escaped(text).replace(/`([^`]+)`/g, '<code>$1</code>')
const code = (text: string) => `<code>${escaped(text)}</code>`

/** `#/components/<kind>/<name>` → what stands there, and its name. */
function resolved<T>(given: T | Ref): { name?: string; value: T } {
  if (!(typeof given === 'object' && given !== null && '$ref' in given))
    return { value: given as T }
  const [, , kind = '', name = ''] = given.$ref.split('/')
  const found = (components as Record<string, Record<string, unknown>>)[kind]?.[name]
  return { name, value: found as T }
}

function typeOf(json: Json): string {
  if (json.const !== undefined) return code(JSON.stringify(json.const))
  if (json.enum) return json.enum.map((value) => code(String(value))).join(' ')
  if (json.anyOf)
    return json.anyOf.map((one) => (one.properties ? 'object' : typeOf(one))).join(' or ')
  if (json.items) return `array of ${[json.items.type ?? 'object'].flat().join(' or ')}s`
  const { type = '', format, default: usual } = json
  return `${format ?? [type].flat().join(' or ')}${usual === undefined ? '' : `, default ${code(String(usual))}`}`
}

/** Every field, also of what lies deeper: `messages[].to`. */
function rowsOf(json: Json, prefix = ''): string[] {
  const inner = json.anyOf?.filter(({ properties }) => properties) ?? []
  const rows = Object.entries(json.properties ?? {}).flatMap(([key, field]) => {
    const name = prefix + key
    const must = json.required?.includes(key) ? '' : ' <i>optional</i>'
    const row = `<tr><th scope="row">${code(name)}${must}</th><td>${typeOf(field)}</td><td>${prose(field.description)}</td></tr>`
    return [row, ...rowsOf(field, `${name}.`), ...rowsOf(field.items ?? {}, `${name}[].`)]
  })
  return [...new Set([...rows, ...inner.flatMap((one) => rowsOf(one, prefix))])]
}

const tableOf = (caption: string, heads: string[], rows: string[]) =>
  rows.length === 0
    ? ''
    : `<div class="wide"><table>${caption && `<caption>${escaped(caption)}</caption>`}
<thead><tr>${heads.map((head) => `<th scope="col">${head}</th>`).join('')}</tr></thead>
<tbody>
${rows.join('\n')}
</tbody></table></div>`

const FIELD_HEADS = ['Field', 'Type', 'Meaning']

const exampleOf = (example: object | undefined) =>
  example ? `<pre>${escaped(JSON.stringify(example, null, 2))}</pre>` : ''

const ACCESS: Record<string, string> = {
  key: 'API key',
  'key?': 'no key needed',
  twilio: 'signed by Twilio',
  vonage: 'signed by Vonage',
  secret: 'proven by a secret',
  '': 'no key',
}

function accessOf({ security, tags }: Operation): string {
  const names = security.flatMap((one) => Object.keys(one))
  const bySecret = tags.includes('Callbacks') ? 'secret' : ''
  return ACCESS[security.length > names.length ? 'key?' : (names[0] ?? bySecret)] ?? ''
}

function sectionOf(operation: (typeof operations)[number]): string {
  const { operationId, method, path, summary, parameters = [], requestBody, responses } = operation
  const [[status, answer] = ['', undefined], ...problems] = Object.entries(responses).map(
    ([status, response]) => [status, resolved<Answer>(response).value] as const,
  )
  const media = answer?.content?.['application/json']
  const shape = media && resolved<Json>(media.schema)
  const body = requestBody?.content['application/json']
  const asked = body && resolved<Json>(body.schema)
  const parameterRows = parameters.map((one) => {
    const { value } = resolved<Parameter>(one)
    const must = value.required ? '' : ' <i>optional</i>'
    return `<tr><th scope="row">${code(value.name)}${must}</th><td>${value.in}</td><td>${typeOf(value.schema)}</td><td>${prose(value.description)}</td></tr>`
  })
  const problemRows = problems.map(
    ([status, { description }]) =>
      `<tr><th scope="row">${status}</th><td>${prose(description)}</td></tr>`,
  )
  return `<section id="${operationId}">
<h3><a href="#${operationId}"><b>${method}</b> ${escaped(path)}</a> <small>${accessOf(operation)}</small></h3>
<p>${prose(summary)}</p>
${tableOf('Parameters', ['Name', 'In', 'Type', 'Meaning'], parameterRows)}
${asked?.name ? tableOf('Body', FIELD_HEADS, rowsOf(asked.value)) + exampleOf(body?.example) : ''}
<p><b>${status}</b> ${prose(answer?.description)}${shape?.name ? ` <a href="#${shape.name}">${shape.name}</a>` : ''}</p>
${exampleOf(media?.example)}
<details><summary>Problems</summary>${tableOf('', ['Status', 'Code'], problemRows)}</details>
</section>`
}

const used = new Set(
  operations.flatMap(({ responses }) =>
    Object.values(responses).flatMap((response) =>
      Object.values(resolved<Answer>(response).value.content ?? {}).flatMap(
        ({ schema }) => resolved(schema).name ?? [],
      ),
    ),
  ),
)

export const page = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${info.title} ${info.version}</title>
<link rel="stylesheet" href="/docs.css">
<header>
<h1>${info.title} <small>${info.version}</small></h1>
<p>${prose(info.summary)} ${prose(info.description)}</p>
<p>For tools: <a href="/openapi.json">openapi.json</a>.</p>
</header>
<nav aria-label="Calls">
${tags
  .map(
    ({ name }) => `<h2>${name}</h2>
<ul>
${operations
  .filter((operation) => operation.tags.includes(name))
  .map(
    ({ operationId, method, path }) =>
      `<li><a href="#${operationId}"><b>${method}</b> ${escaped(path)}</a>`,
  )
  .join('\n')}
</ul>`,
  )
  .join('\n')}
<h2>Answers</h2>
<ul>
${[...used].map((name) => `<li><a href="#${name}">${name}</a>`).join('\n')}
</ul>
</nav>
<main>
${tags
  .map(
    ({ name, description }) => `<h2>${name}</h2>
<p>${prose(description)}</p>
${operations
  .filter((operation) => operation.tags.includes(name))
  .map(sectionOf)
  .join('\n')}`,
  )
  .join('\n')}
<h2>Answers</h2>
${[...used]
  .map(
    (name) => `<section id="${name}">
<h3><a href="#${name}">${name}</a></h3>
${tableOf('Fields', FIELD_HEADS, rowsOf(components.schemas[name] ?? {}))}
</section>`,
  )
  .join('\n')}
</main>
</html>
`
