// What each carrier is configured with. Secrets live here and in the requests made from it, and nowhere else.
import type { HttpCarrierConfig } from './http-carrier'
import type { MailSender } from './mail-carriers'

export type TwilioConfig = {
  accountSid: string
  authToken: string
  apiKey: { sid: string; secret: string } | null
  from: string | undefined
  messagingServiceSid: string | undefined
  /** an approved template whose first variable is the code; its sender, else one out of the Messaging Service */
  whatsApp?: { contentSid: string; from: string | undefined } | undefined
  baseUrl: string
}

export type TwilioVerifyConfig = Pick<TwilioConfig, 'accountSid' | 'authToken' | 'apiKey'> & {
  serviceSid: string
  baseUrl: string
  templateSid: string | undefined
  /** JSON object, as text */
  templateSubstitutions: string | undefined
  friendlyName: string | undefined
  /** unique name of the service's rate limit that counts client addresses */
  rateLimitKey: string | undefined
  riskCheck: 'enable' | 'disable' | undefined
  /** JSON object, as text */
  tags: string | undefined
  /** hash of the Android app that reads the text (SMS Retriever) */
  appHash: string | undefined
}

export type VonageConfig = {
  /** an application's key pair, or the account's key and secret */
  auth:
    | { kind: 'jwt'; applicationId: string; privateKey: string }
    | { kind: 'basic'; key: string; secret: string }
  from: string
  baseUrl: string
  /** asked for: the secret that proves them is set */
  receipts: boolean
}

export type AwsConfig = {
  accessKeyId: string
  secretAccessKey: string
  region: string
  /** pool, number, sender id or ARN; AWS chooses where there is none */
  origination: string | undefined
  baseUrl: string
}

export type TelnyxConfig = { apiKey: string; from: string; baseUrl: string }

export type PlivoConfig = { authId: string; authToken: string; from: string; baseUrl: string }

/** Cloudflare's Email Service: a binding instead of secrets. */
export type CloudflareMailConfig = { from: MailSender; binding: Pick<SendEmail, 'send'> }

export type SendGridConfig = { from: MailSender; apiKey: string; baseUrl: string }

export type Carrier =
  | { name: 'twilio'; config: TwilioConfig }
  | { name: 'vonage'; config: VonageConfig }
  | { name: 'aws'; config: AwsConfig }
  | { name: 'telnyx'; config: TelnyxConfig }
  | { name: 'plivo'; config: PlivoConfig }
  | { name: 'email:cloudflare'; config: CloudflareMailConfig }
  | { name: 'email:sendgrid'; config: SendGridConfig }
  | { name: `http:${string}`; config: HttpCarrierConfig }
  | { name: 'twilio-verify'; config: TwilioVerifyConfig }
