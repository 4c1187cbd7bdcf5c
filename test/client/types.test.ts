// The client's types are text; that they are the Worker's own is for the compiler to say (`npm run typecheck`).
import { expectTypeOf, it } from 'vitest'
import type * as z from 'zod/mini'
import type * as answers from '../../src/answers'
import type * as client from '../../src/client/types'
import type { RefusalCode } from '../../src/domain/refusal'
import type * as requests from '../../src/schema'

it('takes what the Worker takes', () => {
  expectTypeOf<client.StartRequest>().toEqualTypeOf<z.input<typeof requests.startBody>>()
  expectTypeOf<client.CheckRequest>().toExtend<z.input<typeof requests.checkBody>>()
  expectTypeOf<client.MessageRequest>().toExtend<z.input<typeof requests.messageBody>>()
  expectTypeOf<client.BatchRequest>().toExtend<z.input<typeof requests.batchBody>>()
  expectTypeOf<client.RecipientQuery>().toEqualTypeOf<z.input<typeof requests.recipientQuery>>()
  expectTypeOf<client.AuditQuery>().toExtend<z.input<typeof requests.auditQuery>>()
  expectTypeOf<client.StatsQuery>().toEqualTypeOf<z.input<typeof requests.statsQuery>>()
  expectTypeOf<keyof client.AuditQuery>().toEqualTypeOf<keyof z.input<typeof requests.auditQuery>>()
})

it('gives what the Worker gives', () => {
  expectTypeOf<client.Verification>().toEqualTypeOf<answers.VerificationBody>()
  expectTypeOf<client.Message>().toEqualTypeOf<answers.MessageBody>()
  expectTypeOf<client.Batch>().toEqualTypeOf<answers.BatchBody>()
  expectTypeOf<client.Limits>().toEqualTypeOf<answers.LimitsBody>()
  expectTypeOf<client.AuditPage>().toEqualTypeOf<answers.AuditPage>()
  expectTypeOf<client.Stats>().toEqualTypeOf<answers.StatsBody>()
  expectTypeOf<client.Status>().toEqualTypeOf<answers.StatusBody>()
  expectTypeOf<client.Health>().toEqualTypeOf<answers.HealthBody>()
  expectTypeOf<client.SimulatedMessages>().toEqualTypeOf<answers.SimulatedMessages>()
  expectTypeOf<client.Problem>().toEqualTypeOf<answers.ProblemBody>()
  expectTypeOf<client.Problem['code']>().toEqualTypeOf<RefusalCode>()
})
