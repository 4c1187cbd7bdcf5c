/// <reference types="vite/client" />
import { describe, expect, it } from 'vitest'
import example from '../.dev.vars.example?raw'
import { readConfig } from '../src/config'
import { VARIABLE_NAMES } from '../src/variables'

const lines = example.split('\n')
const VARIABLE = /^# ([A-Z][A-Z0-9_]*)=(.*)$/
const shown = lines.flatMap((line, at) => {
  const match = VARIABLE.exec(line)
  return match ? [{ name: match[1] ?? '', value: match[2] ?? '', at }] : []
})

describe('.dev.vars.example', () => {
  it('has exactly the variables of variables.ts, in their order', () => {
    expect(shown.map(({ name }) => name)).toEqual(VARIABLE_NAMES)
  })

  it('sets nothing: every line is a comment or empty', () => {
    expect(lines.filter((line) => line !== '' && !line.startsWith('# '))).toEqual([])
  })

  it('says above each variable what it is', () => {
    const unexplained = shown.filter(({ at }) => {
      const above = lines[at - 1] ?? ''
      return !above.startsWith('# ') || VARIABLE.test(above)
    })
    expect(unexplained).toEqual([])
  })

  it('keeps what it says within the width of a line, and says of each secret that it is one', () => {
    expect(lines.filter((line) => line.length > 122)).toEqual([])
    const secret = shown.filter(({ at }) => /^# Secret\b/.test(lines[at - 1] ?? ''))
    expect(secret.map(({ name }) => name)).toEqual([
      'VERGE_SECRET',
      'API_KEYS',
      'TWILIO_ACCOUNT_SID',
      'TWILIO_AUTH_TOKEN',
      'TWILIO_AUTH_TOKEN_SECONDARY',
      'TWILIO_API_KEY_SECRET',
      'VONAGE_PRIVATE_KEY',
      'VONAGE_API_SECRET',
      'VONAGE_SIGNATURE_SECRET',
      'AWS_SECRET_ACCESS_KEY',
      'TELNYX_API_KEY',
      'PLIVO_AUTH_TOKEN',
      'SENDGRID_API_KEY',
      'JWT_SECRET',
    ])
  })

  it('says what a private key of Vonage must be', () => {
    const said = lines[(shown.find(({ name }) => name === 'VONAGE_PRIVATE_KEY')?.at ?? 0) - 1]
    for (const word of ['PKCS #8', 'BEGIN PRIVATE KEY', 'openssl pkcs8 -topk8 -nocrypt', '\\n'])
      expect(said).toContain(word)
  })

  it('shows the defaults: with every line uncommented nothing changes', () => {
    const everything = Object.fromEntries(shown.map(({ name, value }) => [name, value]))
    expect(readConfig(everything)).toEqual(readConfig({}))
  })

  it('shows a default wherever there is one', () => {
    const withDefault = shown.filter(({ value }) => value !== '').map(({ name }) => name)
    expect(withDefault).toEqual([
      'ENVIRONMENT',
      'SMS_ENABLED',
      'TWILIO_BASE_URL',
      'TWILIO_VERIFY_BASE_URL',
      'TWILIO_VERIFY_CUSTOM_CODE',
      'VONAGE_BASE_URL',
      'TELNYX_BASE_URL',
      'PLIVO_BASE_URL',
      'SENDGRID_BASE_URL',
      'CHANNELS',
      'OTP_LENGTH',
      'OTP_EXPIRATION_MINUTES',
      'OTP_MAX_ATTEMPTS',
      'PURPOSES',
      'MESSAGE_MAX_SEGMENTS',
      'SMART_ENCODING',
      'RESEND_COOLDOWN_SECONDS',
      'SMS_RATE_LIMIT_PER_NUMBER',
      'SMS_RATE_LIMIT_WINDOW',
      'MESSAGE_RATE_LIMIT_PER_NUMBER',
      'MESSAGE_REPEAT_UNKNOWN',
      'AUDIT_RETENTION_DAYS',
      'JWT_PHONE_CLAIM',
      'JWT_EMAIL_CLAIM',
      'JWT_COOKIE',
    ])
  })
})
