// What calls look like: bodies, and answers of a Worker, lists cut short.
import type { CALLS } from './calls'

export type Example = { body?: object; answer: object }

const verification = {
  id: 'VE1b759cc8c1a7481f457856ff77e80974',
  to: '+12025550123',
  channel: 'sms',
  purpose: 'verify',
  status: 'pending',
  engine: 'own',
  expires_at: '2026-11-21T05:53:54.009Z',
  resend_at: '2026-11-21T05:44:54.009Z',
  sends_remaining: 4,
  attempts_remaining: 5,
  simulated: false,
}

const masked = { ...verification, to: '+1******0123' }

const figures = {
  sends: 4,
  delivered: 4,
  undelivered: 0,
  delivery_rate: 1,
  time_to_deliver_ms: { p50: 2454, p95: 3036 },
  verifications: { started: 4, approved: 2, conversion: 0.5 },
  refusals: { cooldown: 2 },
  failures: {},
  segments: 4,
  cost: [{ currency: 'USD', amount: '0.0316' }],
}

export const EXAMPLES: Partial<Record<keyof typeof CALLS, Example>> = {
  'POST /v1/verifications': {
    body: { to: '+12025550123' },
    answer: { ...verification, channels: ['sms', 'call', 'whatsapp'] },
  },
  'POST /v1/verifications/check': {
    body: { to: '+12025550123', code: '894576' },
    answer: { ...verification, status: 'approved', attempts_remaining: 4 },
  },
  'GET /v1/verifications/:id': { answer: masked },
  'DELETE /v1/verifications/:id': { answer: { ...masked, status: 'canceled' } },
  'POST /v1/messages': {
    body: { to: '+12025550123', body: 'Your parcel is here.' },
    answer: {
      id: 'SM1b759cc8c1a7481f45783d50f2d6c0bc',
      to: '+12025550123',
      status: 'sent',
      segments: 1,
      encoding: 'GSM-7',
      simulated: false,
    },
  },
  'POST /v1/messages/batch': {
    body: {
      messages: [
        { to: '+12025550124', body: 'Sale.', client_ref: 'a' },
        { to: '+1202555', body: 'Sale.' },
      ],
    },
    answer: {
      accepted: 1,
      refused: 1,
      messages: [
        {
          to: '+12025550124',
          client_ref: 'a',
          id: 'SM1d2586476c12251887dfbef57383ab17',
          status: 'queued',
        },
        {
          to: '+1202555',
          code: 'invalid_phone_number',
          detail: 'This is not a phone number that can be used here (too_short).',
          reason: 'too_short',
        },
      ],
    },
  },
  'GET /v1/messages/:id': {
    answer: {
      id: 'SM1b759cc8c1a7481f45783d50f2d6c0bc',
      to: '+1******0123',
      status: 'delivered',
      segments: 1,
      encoding: 'GSM-7',
      simulated: true,
      timeline: [
        { status: 'queued', at: '2026-11-21T13:04:34.775Z' },
        { status: 'sent', at: '2026-11-21T13:04:34.797Z', provider: 'simulation' },
        { status: 'delivered', at: '2026-11-21T13:04:36.797Z', provider: 'simulation' },
      ],
    },
  },
  'GET /v1/limits': {
    answer: {
      to: '+12025550123',
      sends: {
        used: 1,
        limit: 5,
        remaining: 4,
        window_seconds: 3600,
        resets_at: '2026-11-21T15:44:45.995Z',
      },
      messages: {
        used: 2,
        limit: 20,
        remaining: 18,
        window_seconds: 3600,
        resets_at: '2026-11-21T15:44:46.601Z',
      },
      failures: { used: 1, limit: 10 },
      locked_until: null,
      opted_out: false,
      verifications: [],
    },
  },
  'GET /v1/audit': {
    answer: {
      events: [
        {
          id: 'EV1b759cc8c1a7481f457800313dee2bee',
          at: '2026-11-21T05:44:15.155Z',
          type: 'verification.approved',
          recipient: '1b759cc8c1a7481f4578',
          country: 'US',
          to_masked: '+1******0123',
          verification_id: 'VE1b759cc8c1a7481f457856ff77e80974',
          purpose: 'verify',
          channel: 'sms',
          client: '127.0.0.1',
          request_id: '608b4825-6587-4464-b744-c22d022e6b40',
        },
      ],
      next_cursor: '1795239855138.EV1b759cc8c1a7481f45780021cb837b54',
    },
  },
  'GET /v1/stats': {
    answer: {
      from: '2026-10-23T00:00:00.000Z',
      to: '2026-11-21T12:59:58.915Z',
      by: 'country',
      rows: [{ key: 'US', ...figures }],
      total: figures,
    },
  },
  'GET /v1/status': {
    answer: {
      environment: 'development',
      engine: 'own',
      providers: [
        {
          name: 'twilio',
          configured: true,
          answering: true,
          account: 'active (Full)',
          resting: {
            since: '2026-11-21T10:12:19.593Z',
            until: '2026-11-21T10:17:19.593Z',
            reason: '20003',
          },
        },
        { name: 'telnyx', configured: true, answering: true },
      ],
      sends: { limit: 5, window_seconds: 3600 },
    },
  },
  'GET /health': { answer: { status: 'ok', environment: 'development', engine: 'simulation' } },
  'GET /simulator/messages': {
    answer: {
      messages: [
        {
          to: '+12025550123',
          channel: 'sms',
          body: 'Your verification code is 894576. Valid for 10 minutes.',
          code: '894576',
          at: '2026-11-21T05:43:54.028Z',
        },
      ],
    },
  },
}
