// A strict reader of the XML that Verge writes: elements, attributes in double quotes, the five entities. What is not well
// formed is thrown out, and so is what that subset does not have.
export type Element = { name: string; attributes: Record<string, string>; children: Node[] }
export type Node = Element | string

const NAME = /^[A-Za-z][\w.-]*/
const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }
// https://www.w3.org/TR/xml/#charsets
const LEGAL = /^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u

export function parseXml(xml: string): Element {
  if (!LEGAL.test(xml)) throw new Error('a character that XML does not have')
  const [root, rest] = element(xml)
  if (rest !== '') throw new Error(`after the root: ${rest}`)
  return root
}

function element(xml: string): [Element, string] {
  const opened = /^<([A-Za-z][\w.-]*)((?: [A-Za-z][\w.-]*="[^"<]*")*)(\/?)>/.exec(xml)
  if (!opened) throw new Error(`no element: ${xml.slice(0, 40)}`)
  const [whole, name = '', written = '', empty] = opened
  const pairs = [...written.matchAll(/ ([^=]+)="([^"]*)"/g)]
  const attributes = Object.fromEntries(pairs.map(([, key, value = '']) => [key, text(value)]))
  if (pairs.length !== Object.keys(attributes).length) throw new Error('an attribute twice')
  const children: Node[] = []
  let rest = xml.slice(whole.length)
  if (empty) return [{ name, attributes, children }, rest]
  while (!rest.startsWith('</')) {
    if (rest === '') throw new Error(`${name} does not end`)
    if (rest.startsWith('<')) {
      const [child, after] = element(rest)
      children.push(child)
      rest = after
    } else {
      const words = /^[^<]+/.exec(rest)?.[0] ?? ''
      children.push(text(words))
      rest = rest.slice(words.length)
    }
  }
  const end = NAME.exec(rest.slice(2))?.[0]
  if (end !== name || rest[2 + name.length] !== '>') throw new Error(`${name} ends as ${end}`)
  return [{ name, attributes, children }, rest.slice(name.length + 3)]
}

function text(raw: string): string {
  if (/&(?!(?:amp|lt|gt|quot|apos);)/.test(raw)) throw new Error(`a bare ampersand: ${raw}`)
  return raw.replace(/&([a-z]+);/g, (_, name: string) => ENTITIES[name] ?? '')
}
