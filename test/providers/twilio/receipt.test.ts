import { describe, expect, it } from 'vitest'
import { twilioReceipt } from '../../../src/providers/twilio/receipt'

const SIGNED = { MessageSid: 'SM1', To: '+447100000000', AccountSid: 'AC1' }

const receiptOf = (params: Record<string, string>) =>
  twilioReceipt(new URLSearchParams({ ...SIGNED, ...params })).receipt

describe('a receipt of Twilio', () => {
  it('says what became of the text, and of whose', () => {
    expect(twilioReceipt(new URLSearchParams({ ...SIGNED, MessageStatus: 'sent' }))).toEqual({
      to: '+447100000000',
      receipt: { providerId: 'SM1', status: 'sent', errorCode: null },
    })
  })

  it.each([
    ['undelivered', '30003', { kind: 'rejected', refusal: 'could_not_deliver' }],
    ['undelivered', '30005', { kind: 'rejected', refusal: 'invalid_phone_number' }],
    ['undelivered', '30006', { kind: 'rejected', refusal: 'not_sms_capable' }],
    ['undelivered', '30007', { kind: 'unavailable', refusal: 'could_not_deliver' }],
    ['failed', '30450', { kind: 'blocked', refusal: 'send_blocked' }],
    ['failed', '21610', { kind: 'blocked', refusal: 'opted_out' }],
    ['canceled', '30001', { kind: 'throttled', refusal: 'temporarily_unavailable' }],
  ])('says of one that is %s with %s what that means', (MessageStatus, ErrorCode, failure) => {
    expect(receiptOf({ MessageStatus, ErrorCode })).toEqual({
      providerId: 'SM1',
      status: MessageStatus,
      errorCode: ErrorCode,
      failure,
    })
  })

  it.each(['30009', '99999', '3e4', 'toString', ' ', ''])(
    'says of the code %j, which is not listed, the code alone',
    (ErrorCode) => {
      const receipt = receiptOf({ MessageStatus: 'undelivered', ErrorCode })
      expect(receipt.errorCode).toBe(ErrorCode || null)
      expect(receipt).not.toHaveProperty('failure')
    },
  )

  it('says of no failure where the text may still arrive, or did', () => {
    for (const MessageStatus of ['queued', 'sent', 'delivered', 'read', 'new'])
      expect(receiptOf({ MessageStatus, ErrorCode: '30003' })).not.toHaveProperty('failure')
  })

  it('has an unknown status where it has none', () => {
    expect(receiptOf({}).status).toBe('unknown')
  })
})
