import fc from 'fast-check'
import type { MetadataJson } from 'libphonenumber-js/core'
import examples from 'libphonenumber-js/examples.mobile.json'
import max from 'libphonenumber-js/metadata.max.json'
import { describe, expect, it } from 'vitest'
import { type CountryCode, localDigits, parsePhone, refuseChannel } from '../../src/domain/phone'
import { PLANS } from '../../src/domain/plans'
import text from '../../src/domain/plans.ts?raw'
import { printPlans } from './plans'

it('are what `npm run plans` makes of the installed libphonenumber', () => {
  // Not toBe, whose report would be a hundred thousand characters long.
  expect(text === printPlans()).toBe(true)
})

const OURS: MetadataJson = { ...PLANS }

/** As if these were the plans that phone.ts imports. */
function withPlans<T>(plans: MetadataJson, use: () => T): T {
  Object.assign(PLANS, plans)
  try {
    return use()
  } finally {
    Object.assign(PLANS, OURS)
  }
}

type Typed = [text: string, country?: CountryCode | undefined]

/** All that Verge says of a number. Local digits count only where a text may go: nobody asks for the others'. */
function answer([text, country]: Typed): string {
  const parsed = parsePhone(text, country)
  if (!parsed.ok) return JSON.stringify(parsed)
  const refusal = refuseChannel(parsed.value, 'sms', [])
  const mayBeTexted = refusal === null || refusal.code === 'country_not_allowed'
  return JSON.stringify([parsed, mayBeTexted && localDigits(parsed.value.e164)])
}

/** What Verge says of these numbers, and what it would say with all that libphonenumber knows, where that differs. */
function differences(numbers: Iterable<Typed>): string[] {
  const typed = [...numbers]
  const ours = typed.map(answer)
  const theirs = withPlans(max, () => typed.map(answer))
  return typed.flatMap((number, i) =>
    ours[i] === theirs[i] ? [] : `${number}: ${ours[i]}, not ${theirs[i]}`,
  )
}

type Plan = [callingCode: string, _: unknown, pattern: string, lengths: number[], ...unknown[]]
const plans = Object.entries({ ...max.countries, ...max.nonGeographic }) as [string, Plan][]
const TYPES = 11
const countries = Object.keys(max.countries) as CountryCode[]

describe('with plans that leave formats out, Verge says what it would with whole ones', () => {
  it('of the example of every country', () => {
    const numbers = Object.entries(examples) as [CountryCode, string][]
    expect(differences(numbers.map(([country, national]) => [national, country]))).toEqual([])
  })

  it('of numbers of every type in every country, as dialled from abroad and at home', () => {
    function* numbers(): Generator<Typed> {
      for (const [id, plan] of plans) {
        for (const type of (plan[TYPES] ?? []) as (string[] | undefined)[]) {
          const pattern = type?.[0]
          if (!pattern) continue
          const matching = fc.stringMatching(new RegExp(`^(?:${pattern})$`))
          const country = countries.find((code) => code === id)
          for (const national of fc.sample(matching, { seed: 1, numRuns: 10 })) {
            const abroad = `+${plan[0]}${national}`
            yield* [[abroad], [national, country], [localDigits(abroad), country]] as Typed[]
          }
        }
      }
    }
    expect(differences(numbers())).toEqual([])
  })

  it('of one number for each three digits that numbers begin with', () => {
    function* numbers(): Generator<Typed> {
      for (const [, [callingCode, , pattern, lengths]] of plans) {
        const inUse = new RegExp(`^(?:${pattern})$`)
        for (const length of lengths) {
          for (let i = 0; i < 1000; i++) {
            const national = `${i}`.padStart(3, '0') + '35719382640751'.slice(0, length - 3)
            if (inUse.test(national)) yield [`+${callingCode}${national}`]
          }
        }
      }
    }
    expect(differences(numbers())).toEqual([])
  })

  it('of whatever is typed', () => {
    const typed = fc.oneof(
      fc.stringMatching(/^[0-9]{1,17}$/),
      fc.stringMatching(/^\+[1-9][0-9]{0,16}$/),
      fc.stringMatching(/^(00|011)[1-9][0-9]{0,16}$/),
      fc.stringMatching(/^\+?[0-9().\-/ ]{0,40}$/),
    )
    const country = fc.constantFrom(undefined, ...countries)
    const numbers = fc.sample(fc.tuple(typed, country), { seed: 1, numRuns: 20_000 })
    expect(differences(numbers)).toEqual([])
  })

  it('but for local digits of what nobody texts, such as a pager', () => {
    expect(localDigits('+491643')).toBe('01643')
    expect(withPlans(max, () => localDigits('+491643'))).toBe('1643')
  })
})
