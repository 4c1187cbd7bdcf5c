// From a configuration to who can send: the messengers of each channel, in the order in which they are asked.
import type { Carrier, TwilioConfig } from '../carrier-config'
import type { Config } from '../config'
import type { Channel } from '../domain/record'
import { awsMessages } from './aws'
import { type Circuits, createCircuits } from './circuit'
import { cloudflareMail } from './cloudflare-mail'
import { httpMessages } from './http'
import { plivoMessages } from './plivo'
import type { Messenger, Verifier } from './provider'
import { sendGridMail } from './sendgrid'
import { simulation } from './simulation'
import { telnyxMessages } from './telnyx'
import { twilioCalls } from './twilio/calls'
import { twilioMessages, twilioWhatsApp } from './twilio/messages'
import { twilioVerify } from './twilio/verify'
import { vonageMessages } from './vonage'

/** Everything that can send, made once per isolate. */
export type Chain = {
  /** in the order in which they are asked; empty where there is none */
  messengersFor(way: { channel: Channel; country: string | null }): Messenger[]
  verifier: Verifier | null
  /** over which a code may be asked for */
  channels: Channel[]
  /** every one of them, for the operator's eyes */
  all: (Messenger | Verifier)[]
  circuits: Circuits
}

export function chainOf({ sending, carriers, verify, channels }: Config): Chain {
  const circuits = createCircuits()
  const none = { messengersFor: () => [], verifier: null, channels: [], all: [], circuits }
  if (sending.state !== 'ready') return none
  if (sending.engine === 'simulation') {
    const messengers = [simulation()]
    return { ...none, messengersFor: () => messengers, channels, all: messengers }
  }
  const able = new Map(
    carriers.listed.map(({ name, carrier }) => [name, carrier ? messengersOf(carrier) : {}]),
  )
  const over = (channel: Channel) => [...able.values()].flatMap((one) => one[channel] ?? [])
  const inOrder = (names: string[]) => names.flatMap((name) => able.get(name)?.sms ?? [])
  const national = new Map(
    Object.entries(carriers.orderIn).map(([country, names]) => [country, inOrder(names)]),
  )
  const general = {
    sms: inOrder(carriers.order),
    call: over('call'),
    whatsapp: over('whatsapp'),
    email: over('email'),
  }
  const verifier =
    verify?.carrier?.name === 'twilio-verify' ? twilioVerify(verify.carrier.config) : null
  return {
    messengersFor: ({ channel, country }) =>
      (channel === 'sms' && national.get(country ?? '')) || general[channel],
    verifier,
    channels: channels.filter((channel) => verifier || general[channel].length > 0),
    all: [...(verifier ? [verifier] : []), ...[...able.values()].flatMap(Object.values<Messenger>)],
    circuits,
  }
}

/** Calls want a number that can be called back; not every sender of texts is one. */
function twilioOf(config: TwilioConfig): Able {
  const { from, whatsApp } = config
  return {
    sms: twilioMessages(config),
    ...(from?.startsWith('+') && { call: twilioCalls(config, from) }),
    ...(whatsApp && { whatsapp: twilioWhatsApp(config, whatsApp) }),
  }
}

type Able = { [C in Channel]?: Messenger }

function messengersOf(carrier: Carrier): Able {
  switch (carrier.name) {
    case 'twilio':
      return twilioOf(carrier.config)
    case 'vonage':
      return { sms: vonageMessages(carrier.config) }
    case 'aws':
      return { sms: awsMessages(carrier.config) }
    case 'telnyx':
      return { sms: telnyxMessages(carrier.config) }
    case 'plivo':
      return { sms: plivoMessages(carrier.config) }
    case 'email:cloudflare':
      return { email: cloudflareMail(carrier.config) }
    case 'email:sendgrid':
      return { email: sendGridMail(carrier.config) }
    case 'twilio-verify':
      return {}
    default:
      return { sms: httpMessages(carrier.name.slice('http:'.length), carrier.config) }
  }
}
