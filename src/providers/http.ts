// A carrier that is configured, not coded: a template of its request, and rules to read its answer. What is filled in is
// escaped for its place and never looked at again. Nothing secret, and nothing of the text, is in what comes back from here.
import { localDigits } from '../domain/phone'
import { type HttpCarrierConfig, urlOf } from '../http-carrier'
import { fill, type Placeholder, secretOf } from '../placeholders'
import { exchange } from './exchange'
import { outcomeOf } from './http-answer'
import type { Failure, Messenger, Text } from './provider'

export function httpMessages(name: string, config: HttpCarrierConfig): Messenger {
  return {
    name: `http:${name}`,

    async send(text, signal) {
      const request = requestOf(config, text, callbackOf(name, config, text))
      if (!request.ok) return request
      const reply = await exchange(request.url, { ...request.init, signal })
      return reply.ok ? outcomeOf(config, text, reply) : reply
    },
  }
}

type Prepared = { ok: true; url: string; init: RequestInit }

function requestOf(config: HttpCarrierConfig, text: Text, callback: string): Prepared | Failure {
  const standsFor = valuesOf(config, text, callback)
  const filled = (template: string) => fill(template, standsFor)
  const filledAll = (templates: Record<string, string>): [string, string][] =>
    Object.entries(templates).map(([name, template]) => [name, filled(template)])

  const url = urlOf(fill(config.url, (name) => encodeURIComponent(standsFor(name))))
  // A segment of dots would lead to another path, and there is no way to escape it.
  if (!url) return unsendable('rejected', 'could_not_deliver', 'dots_in_path')
  for (const [name, value] of filledAll(config.query)) url.searchParams.append(name, value)

  const fields = filledAll(config.headers)
  if (!fields.every(([, value]) => /^[\x20-\x7e]*$/.test(value)))
    return unsendable('misconfigured', 'temporarily_unavailable', 'unprintable_header')
  const headers = new Headers(fields)
  const init = { method: config.method, headers }

  if (config.form)
    return {
      ok: true,
      url: url.href,
      init: { ...init, body: new URLSearchParams(filledAll(config.form)) },
    }
  if (config.json === undefined) return { ok: true, url: url.href, init }
  if (!headers.has('Content-Type')) headers.set('Content-Type', 'application/json')
  const body = JSON.stringify(fillJson(config.json, filled))
  return { ok: true, url: url.href, init: { ...init, body } }
}

/** What each placeholder stands for. Half a surrogate pair, which no encoding can carry, becomes U+FFFD. */
function valuesOf(
  { sender, secrets }: HttpCarrierConfig,
  text: Text,
  callback: string,
): (name: string) => string {
  const values: Record<Placeholder, () => string> = {
    to: () => text.to,
    to_digits: () => text.to.slice(1),
    to_local: () => localDigits(text.to),
    text: () => text.body,
    sender: () => sender ?? '',
    ref: () => text.id,
    ref_short: () => text.id.slice(-20),
    ttl: () => String(Math.max(1, Math.floor(text.validForSeconds))),
    callback: () => callback,
  }
  return (name) => {
    const secret = secretOf(name)
    const value = secret === null ? values[name as Placeholder]() : (secrets[secret] ?? '')
    return value.toWellFormed()
  }
}

/**
 * Where the gateway may say what became of the text, with the secret that proves it where that comes in the query; empty
 * where it cannot reach this Worker.
 */
function callbackOf(
  name: string,
  { receipt, secrets }: HttpCarrierConfig,
  { id, callbackBase }: Text,
): string {
  if (!receipt || !callbackBase) return ''
  const url = `${callbackBase}/webhooks/http/${name}/status/${id}`
  if (receipt.query === undefined) return url
  return `${url}?${new URLSearchParams({ [receipt.query]: secrets[receipt.secret] ?? '' })}`
}

/** Within the structure, so that no text can leave its place in it. A ttl that stands alone is a number. */
function fillJson(value: unknown, filled: (template: string) => string): unknown {
  if (typeof value === 'string') return value === '{ttl}' ? Number(filled(value)) : filled(value)
  if (Array.isArray(value)) return value.map((item) => fillJson(item, filled))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, fillJson(item, filled)]),
  )
}

/** Nothing was sent. */
const unsendable = (
  kind: Failure['kind'],
  refusal: Failure['refusal'],
  reason: string,
): Failure => ({ ok: false, kind, retry: false, refusal, reason })
