// The Durable Object that keeps the records of a share of all recipients. It awaits what it must first, then reads,
// decides (domain/) and writes with no await in between. It never calls a carrier. Storage is the truth: what stands in
// memory (the alarm's time, derived keys, counters, the row that events join) may be lost at any moment and changes no
// answer.
import { DurableObject } from 'cloudflare:workers'
import { configurationOf } from '../config'
import {
  ask,
  type ConcludeCommand,
  conclude,
  isJudgedByCarrier,
  type Question,
} from '../domain/delegation'
import {
  type AddCommand,
  add,
  type MessageView,
  messageById,
  type TakeCommand,
  take,
  untilsOf,
  viewOf as viewOfMessage,
  type WithdrawCommand,
  withdraw,
} from '../domain/message'
import { type ReplyCommand, reply } from '../domain/opt-out'
import { fileReceipt, type ReceiptCommand } from '../domain/receipt'
import {
  emptyRecord,
  type RecipientRecord,
  type SimulatedText,
  type Verification,
  type VerificationView,
  verificationById,
} from '../domain/record'
import { accept, type Result, refuse } from '../domain/refusal'
import { type SettleCommand, settle } from '../domain/settlement'
import { type StartCommand, start } from '../domain/start'
import {
  type CancelCommand,
  type CheckCommand,
  cancel,
  check,
  type Ended,
  targetOf,
} from '../domain/verification'
import { viewOf } from '../domain/view'
import type { Env } from '../env'
import { deriveKeys, type Keys, newId } from '../keys'
import { createAlarm } from './ledger-alarm'
import { createSteps, guarded, guardedLater, type OnFile, type Who } from './ledger-steps'
import { createStore, type LedgerStore } from './ledger-store'

export type { OnFile, Who }

/** What became of one recipient's send; `text` is what the simulation showed. */
export type Settlement = SettleCommand & { key: string; who: Who; text?: SimulatedText }

export type LimitsView = {
  /** when each send, and each message, leaves its window, soonest first */
  sends: number[]
  messages: number[]
  failures: number
  lockedUntil: number | null
  optedOut: boolean
  verifications: VerificationView[]
}

/** A message for one recipient. */
export type Addition = AddCommand & { key: string; who: Who }

type RerouteTerms = Omit<NonNullable<ReceiptCommand['reroute']>, 'sendId'>

const NOBODY: Who = { country: null, masked: '' }

const SIMULATED_TEXTS = 10

export class Ledger extends DurableObject<Env> {
  readonly #store: LedgerStore
  readonly #alarm: ReturnType<typeof createAlarm>
  readonly #steps: ReturnType<typeof createSteps>
  #keys: Keys | undefined

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env)
    this.#store = createStore(ctx.storage)
    this.#alarm = createAlarm({
      storage: ctx.storage,
      store: this.#store,
      age: (key, record) => this.#steps.age(key, record),
      send: (events) => this.env.EVENTS.send(events, { contentType: 'text' }),
    })
    this.#steps = createSteps(this.#store, this.#alarm.after)
    void ctx.blockConcurrencyWhile(() => this.#alarm.load())
  }

  /** Counts a send and says which text to send; see domain `start`. */
  start(key: string, who: Who, command: Omit<StartCommand, 'verificationId' | 'sendId'>) {
    const ids = { verificationId: newId('VE', key), sendId: newId('SM', key) }
    return guarded(() =>
      this.#steps.step(key, who, (state, now) => start(state, { ...ids, ...command }, now)),
    )
  }

  /**
   * Writes down what became of sends, and says of each when the next may be (epoch ms). One record that cannot be
   * written holds up no other: the call is refused after all of them, and may be repeated.
   */
  settle(settlements: readonly Settlement[]) {
    return guarded(() => {
      const startableAt: number[] = []
      const failures: unknown[] = []
      for (const settlement of settlements) {
        try {
          startableAt.push(this.#settle(settlement))
        } catch (error) {
          failures.push(error)
        }
      }
      if (failures.length > 0) throw failures[0]
      return accept(startableAt)
    })
  }

  #settle({ key, who, text, ...command }: Settlement): number {
    return this.#steps.step(key, who, (state, now) => {
      const step = settle(state, command, now)
      if (!text || step.facts.length === 0) return step
      const texts = [...step.state.texts, text].slice(-SIMULATED_TEXTS)
      return { ...step, state: { ...step.state, texts } }
    })
  }

  /** Files what a carrier reports of a text; see domain `fileReceipt`. @param reroute where another carrier could help */
  receive(
    key: string,
    who: Who,
    { reroute, ...command }: Omit<ReceiptCommand, 'reroute'> & { reroute?: RerouteTerms },
  ) {
    const by = reroute && { ...reroute, sendId: newId('SM', key) }
    return guarded(() =>
      this.#steps.step(key, who, (state, now) =>
        fileReceipt(state, { ...command, ...(by && { reroute: by }) }, now),
      ),
    )
  }

  /** Takes what a recipient writes back, known or not; see domain `reply`. */
  reply(key: string, who: Who, command: ReplyCommand) {
    return guarded(() => this.#steps.step(key, who, (state, now) => reply(state, command, now)))
  }

  /**
   * Adds messages, each to its recipient's record; see domain `add`. One record that cannot be written holds up no other.
   * @returns an answer for each, in order
   */
  addMessages(additions: readonly Addition[]) {
    return additions.map((addition) => this.addMessage(addition))
  }

  /** Adds a message to a recipient's record; see domain `add`. */
  addMessage({ key, who, ...command }: Addition) {
    return guarded(() => this.#steps.step(key, who, (state, now) => add(state, command, now)))
  }

  /** Takes a waiting message out to send it; see domain `take`. */
  takeMessage(key: string, command: TakeCommand) {
    return guarded(() => this.#steps.step(key, NOBODY, (state, now) => take(state, command, now)))
  }

  /** Takes a message back that could not be queued; see domain `withdraw`. */
  withdrawMessage(key: string, command: WithdrawCommand) {
    return guarded(() => this.#steps.step(key, NOBODY, (state) => withdraw(state, command)))
  }

  /** A message and what became of it. Writes nothing. */
  showMessage(key: string, id: string) {
    return guarded((): Result<OnFile<MessageView>> => {
      const record = this.#steps.peek(key, Date.now())
      const message = record && messageById(record, id)
      return message
        ? accept({ ...viewOfMessage(message), masked: record.masked })
        : refuse({ code: 'not_found' })
    })
  }

  /**
   * Checks a code. A recipient that is not on file is not found and leaves no event: a stranger could file any number.
   * The right code is computed before the decision; should the verification change meanwhile, once more. Where a carrier
   * judges, an attempt is spent and the answer says what to ask it; `conclude` hears what it said.
   */
  check(key: string, command: CheckCommand) {
    return guardedLater(async (): Promise<Result<OnFile<Ended | { ask: Question }>>> => {
      for (;;) {
        const before = this.#store.read(key)
        const target = targetOf(before, command.target)
        if (target && isJudgedByCarrier(target))
          return this.#steps.onFile(key, (state, now) => ask(state, command, now), before)
        const { writes } = this.#store
        const expected = target && (await this.#codeOf(target))
        const record = this.#store.writes === writes ? before : this.#store.read(key)
        if (targetOf(record, command.target)?.id !== target?.id) continue
        const decide = (state: RecipientRecord, now: number) =>
          check(state, { ...command, expected }, now)
        return this.#steps.onFile(key, decide, record)
      }
    })
  }

  /** Writes down what the carrier said of a code; see domain `conclude`. */
  conclude(key: string, command: ConcludeCommand) {
    return guarded(() => this.#steps.onFile(key, (state, now) => conclude(state, command, now)))
  }

  /** Cancels a pending verification; see domain `cancel`. */
  cancel(key: string, command: CancelCommand) {
    return guarded(() => this.#steps.onFile(key, (state, now) => cancel(state, command, now)))
  }

  /** The state of a verification. Writes nothing, and so leaves no event. */
  show(key: string, id: string, sendLimit: number) {
    return guarded((): Result<VerificationView & { masked: string }> => {
      const now = Date.now()
      const state = this.#steps.peek(key, now)
      const verification = state && verificationById(state, id)
      if (!verification) return refuse({ code: 'not_found' })
      return accept({ ...viewOf(state, verification, sendLimit, now), masked: state.masked })
    })
  }

  /** What the recipient has used. Writes nothing. */
  limits(key: string, sendLimit: number) {
    return guarded((): Result<LimitsView> => {
      const now = Date.now()
      const state = this.#steps.peek(key, now) ?? emptyRecord(null, '')
      const pending = state.verifications.filter((v) => v.status === 'pending')
      return accept({
        sends: state.sends.map(({ until }) => until),
        messages: untilsOf(state, now),
        failures: state.failures.length,
        lockedUntil: state.lock?.until ?? null,
        optedOut: state.optOut !== null,
        verifications: pending.map((v) => viewOf(state, v, sendLimit, now)),
      })
    })
  }

  /** The last texts that the simulation showed, oldest first. */
  texts(key: string) {
    return guarded(() => accept(this.#store.read(key)?.texts ?? []))
  }

  override alarm(): Promise<void> {
    return this.#alarm.ring()
  }

  async #codeOf(verification: Verification): Promise<string> {
    if (!this.#keys) {
      const configuration = configurationOf(this.env)
      if (!configuration.ok || !configuration.config.secret) throw new Error('no VERGE_SECRET')
      this.#keys = await deriveKeys(configuration.config.secret)
    }
    return this.#keys.codeOf(verification)
  }
}
