import { describe, expect, it } from 'vitest'
import { faultsOf } from './contract'

const HEX = '0123456789abcdef0123456789abcdef'
const POST = {
  method: 'POST',
  url: `https://api.twilio.com/2010-04-01/Accounts/AC${HEX}/Messages.json`,
}
const RIGHT = { To: '+12025550123', From: '+15005550006', Body: 'x' }

describe('the contract', () => {
  it('finds nothing wrong with a right request', () => {
    expect(faultsOf('CreateMessage', POST, new URLSearchParams(RIGHT))).toEqual([])
  })

  it.each<[string, Record<string, string> | string, string]>([
    ['a missing parameter', { From: '+15005550006' }, 'To is missing'],
    ['no sender', { To: '+12025550123' }, 'one of From, MessagingServiceSid is missing'],
    ['an unknown parameter', { ...RIGHT, Text: 'x' }, 'Text is unknown'],
    ['an empty parameter', { ...RIGHT, Body: '' }, 'Body is not right'],
    [
      'a wrong pattern',
      { ...RIGHT, MessagingServiceSid: 'MG1' },
      'MessagingServiceSid is not right',
    ],
    ['a wrong type', { ...RIGHT, ValidityPeriod: '1.5' }, 'ValidityPeriod is not right'],
    ['too large a number', { ...RIGHT, ValidityPeriod: '36001' }, 'ValidityPeriod is not right'],
    ['too long a text', { ...RIGHT, Body: 'x'.repeat(1601) }, 'Body is not right'],
    ['a value that is not in the list', { ...RIGHT, RiskCheck: 'off' }, 'RiskCheck is not right'],
    ['what is not JSON', { ...RIGHT, ContentVariables: '{1' }, 'ContentVariables is not right'],
    ['a repeated parameter', 'To=%2B12025550123&To=%2B12025550123&From=1234', 'To is repeated'],
  ])('finds %s', (_, form, fault) => {
    expect(faultsOf('CreateMessage', POST, new URLSearchParams(form))).toEqual([fault])
  })

  it('finds what is wrong with a call', () => {
    const post = { ...POST, url: POST.url.replace('Messages', 'Calls') }
    const right = { To: '+12025550123', From: '+15005550006', Twiml: '<Response/>' }
    const faults = (form: Record<string, string>) =>
      faultsOf('CreateCall', post, new URLSearchParams(form))
    expect(faults(right)).toEqual([])
    expect(faults({ ...right, Twiml: 'x'.repeat(4001) })).toEqual(['Twiml is not right'])
    expect(faults({ ...right, From: 'Acme' })).toEqual(['From is not right'])
    expect(faults({ To: right.To, From: right.From })).toEqual([
      'one of Url, Twiml, ApplicationSid is missing',
    ])
  })

  it('finds another method and another path', () => {
    const params = new URLSearchParams(RIGHT)
    expect(faultsOf('CreateMessage', { ...POST, method: 'PUT' }, params)).toEqual(['method PUT'])
    const url = 'https://api.twilio.com/Messages?a=b'
    expect(faultsOf('CreateMessage', { ...POST, url }, params)).toEqual(['path /Messages?a=b'])
  })
})
