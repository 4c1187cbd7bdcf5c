// The requests that Twilio takes: facts of Twilio's OpenAPI (twilio-oai 2.6.7), for the calls that Verge makes and no others.
// Bounds that the document gives in words only (lengths, ranges, formats) are here as patterns.

type Type = 'string' | 'integer' | 'number' | 'boolean' | 'json' | 'uri' | 'date-time'

type Parameter = {
  type: Type
  required?: true
  /** may come more than once */
  list?: true
  enum?: readonly string[]
  pattern?: RegExp
  maxLength?: number
}

type Operation = {
  method: 'GET' | 'POST'
  path: RegExp
  parameters: Record<string, Parameter>
  /** at least one of them */
  oneOf?: readonly string[]
}

const sid = (prefix: string): Parameter => ({
  type: 'string',
  pattern: new RegExp(`^${prefix}[0-9a-fA-F]{32}$`),
})

const string: Parameter = { type: 'string' }
const boolean: Parameter = { type: 'boolean' }
const integer: Parameter = { type: 'integer' }
const riskCheck: Parameter = { type: 'string', enum: ['enable', 'disable'] }

const SERVICE = '^/v2/Services/VA[0-9a-fA-F]{32}'
/** E.164, or a mailbox */
const recipient: Parameter = {
  type: 'string',
  pattern: /^(\+[1-9][0-9]{4,14}|[^@\s]+@[^@\s]+)$/,
}

const OPERATIONS = {
  CreateMessage: {
    method: 'POST',
    path: /^\/2010-04-01\/Accounts\/AC[0-9a-fA-F]{32}\/Messages\.json$/,
    oneOf: ['From', 'MessagingServiceSid'],
    parameters: {
      To: {
        type: 'string',
        required: true,
        pattern: /^(\+[1-9][0-9]{4,14}|[a-z]+:\S+)$/,
      },
      StatusCallback: { type: 'uri', maxLength: 4000, pattern: /^https?:\/\/[^\s_/]+\/\S*$/ },
      ApplicationSid: sid('AP'),
      MaxPrice: { type: 'number' },
      ProvideFeedback: boolean,
      Attempt: integer,
      ValidityPeriod: {
        type: 'integer',
        pattern: /^([1-9]\d{0,3}|[12]\d{4}|3[0-5]\d{3}|36000)$/,
      },
      ForceDelivery: boolean,
      ContentRetention: { type: 'string', enum: ['retain', 'discard'] },
      AddressRetention: { type: 'string', enum: ['retain', 'obfuscate'] },
      SmartEncoded: boolean,
      PersistentAction: { type: 'string', list: true },
      TrafficType: { type: 'string', enum: ['free'] },
      ShortenUrls: boolean,
      ScheduleType: { type: 'string', enum: ['fixed'] },
      SendAt: { type: 'date-time' },
      SendAsMms: boolean,
      ContentVariables: { type: 'json' },
      RiskCheck: riskCheck,
      From: {
        type: 'string',
        pattern: /^(\+[1-9][0-9]{4,14}|[0-9]{3,8}|[\w .&+-]{1,11}|[a-z]+:\S+)$/,
      },
      FallbackFrom: string,
      MessagingServiceSid: sid('MG'),
      Body: { type: 'string', maxLength: 1600 },
      MediaUrl: { type: 'uri', list: true },
      ContentSid: sid('HX'),
    },
  },
  FetchMessage: {
    method: 'GET',
    path: /^\/2010-04-01\/Accounts\/AC[0-9a-fA-F]{32}\/Messages\/(SM|MM)[0-9a-fA-F]{32}\.json$/,
    parameters: {},
  },
  CreateCall: {
    method: 'POST',
    path: /^\/2010-04-01\/Accounts\/AC[0-9a-fA-F]{32}\/Calls\.json$/,
    oneOf: ['Url', 'Twiml', 'ApplicationSid'],
    parameters: {
      To: { type: 'string', required: true, pattern: /^\+[1-9][0-9]{4,14}$/ },
      From: { type: 'string', required: true, pattern: /^\+[1-9][0-9]{4,14}$/ },
      Url: { type: 'uri' },
      Twiml: { type: 'string', maxLength: 4000 },
      ApplicationSid: sid('AP'),
      Method: { type: 'string', enum: ['GET', 'POST'] },
      StatusCallback: { type: 'uri' },
      StatusCallbackEvent: { type: 'string', list: true },
      StatusCallbackMethod: { type: 'string', enum: ['GET', 'POST'] },
      SendDigits: { type: 'string', maxLength: 32 },
      Timeout: { type: 'integer', pattern: /^([1-9]\d?|[1-5]\d\d|600)$/ },
      TimeLimit: integer,
      Record: boolean,
      MachineDetection: { type: 'string', enum: ['Enable', 'DetectMessageEnd'] },
      CallReason: string,
    },
  },
  CreateVerification: {
    method: 'POST',
    path: new RegExp(`${SERVICE}/Verifications$`),
    parameters: {
      To: { ...recipient, required: true },
      Channel: {
        type: 'string',
        required: true,
        enum: ['email', 'sms', 'whatsapp', 'call', 'sna', 'auto'],
      },
      CustomFriendlyName: string,
      CustomMessage: string,
      SendDigits: string,
      Locale: { type: 'string', pattern: /^[a-z]{2,3}(-[A-Z]{2})?$/ },
      CustomCode: { type: 'string', pattern: /^.{4,10}$/ },
      Amount: string,
      Payee: string,
      RateLimits: { type: 'json' },
      ChannelConfiguration: { type: 'json' },
      AppHash: string,
      TemplateSid: sid('HJ'),
      TemplateCustomSubstitutions: { type: 'json' },
      DeviceIp: { type: 'string', pattern: /^(\d{1,3}(\.\d{1,3}){3}|[0-9a-f:.]*:[0-9a-f:.]*)$/i },
      EnableSnaClientToken: boolean,
      RiskCheck: riskCheck,
      Tags: { type: 'json' },
    },
  },
  FetchVerification: {
    method: 'GET',
    path: new RegExp(`${SERVICE}/Verifications/[^/]+$`),
    parameters: {},
  },
  UpdateVerification: {
    method: 'POST',
    path: new RegExp(`${SERVICE}/Verifications/[^/]+$`),
    parameters: { Status: { type: 'string', required: true, enum: ['canceled', 'approved'] } },
  },
  CreateVerificationCheck: {
    method: 'POST',
    path: new RegExp(`${SERVICE}/VerificationCheck$`),
    oneOf: ['To', 'VerificationSid'],
    parameters: {
      Code: { type: 'string', pattern: /^.{4,10}$/ },
      To: recipient,
      VerificationSid: sid('VE'),
      Amount: string,
      Payee: string,
      SnaClientToken: string,
    },
  },
} as const satisfies Record<string, Operation>

export type OperationId = keyof typeof OPERATIONS

const TYPES: Record<Type, (value: string) => boolean> = {
  string: (value) => value !== '',
  integer: (value) => /^\d+$/.test(value),
  number: (value) => /^\d+(\.\d+)?$/.test(value),
  boolean: (value) => value === 'true' || value === 'false',
  json: isObject,
  uri: (value) => URL.canParse(value),
  'date-time': (value) => /^\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-]\d\d:\d\d)$/.test(value),
}

function isObject(value: string): boolean {
  try {
    return /^\{/.test(value) && typeof JSON.parse(value) === 'object'
  } catch {
    return false
  }
}

/** All that Twilio would find wrong with a request: nothing, where it is right. */
export function faultsOf(
  id: OperationId,
  { method, url }: { method: string; url: string },
  params: URLSearchParams,
): string[] {
  const operation: Operation = OPERATIONS[id]
  const { parameters, oneOf = [] } = operation
  const { pathname, search } = new URL(url)
  const required = Object.keys(parameters).filter((name) => parameters[name]?.required)
  return [
    ...(method === operation.method ? [] : [`method ${method}`]),
    ...(operation.path.test(pathname) && search === '' ? [] : [`path ${pathname}${search}`]),
    ...required.filter((name) => !params.has(name)).map((name) => `${name} is missing`),
    ...(oneOf.length === 0 || oneOf.some((name) => params.has(name))
      ? []
      : [`one of ${oneOf.join(', ')} is missing`]),
    ...[...new Set(params.keys())].flatMap((name) => {
      const parameter = parameters[name]
      if (!parameter) return [`${name} is unknown`]
      const values = params.getAll(name)
      if (values.length > 1 && !parameter.list) return [`${name} is repeated`]
      return values.every((value) => fits(parameter, value)) ? [] : [`${name} is not right`]
    }),
  ]
}

const fits = (parameter: Parameter, value: string): boolean =>
  TYPES[parameter.type](value) &&
  (parameter.enum?.includes(value) ?? true) &&
  (parameter.pattern?.test(value) ?? true) &&
  value.length <= (parameter.maxLength ?? Number.POSITIVE_INFINITY)
