// MeStore's words, in Spanish: what its screen shows for each refusal. Whatever a person can mend is 400 there.
import type { Words } from './system'

/** What none of its routes can come to. */
const NEVER = { status: 400, text: 'No se pudo procesar la solicitud.' } as const

const UNSENT = {
  status: 400,
  text: 'No se pudo enviar el código. Intente más tarde.',
} as const

const TOO_MANY = {
  status: 429,
  text: 'Demasiadas solicitudes. Intente de nuevo en {retryAfter} s.',
} as const

export const WORDS = {
  invalid_request: { status: 422, text: 'Los datos enviados no son válidos.' },
  invalid_phone_number: { status: 400, text: 'El número de teléfono no es válido.' },
  not_sms_capable: { status: 400, text: 'Este número no puede recibir mensajes de texto.' },
  country_not_allowed: { status: 400, text: 'No se envían mensajes a este país.' },
  opted_out: {
    status: 400,
    text: 'Este número pidió no recibir mensajes. Envíe START al remitente para recibirlos.',
  },
  message_too_long: NEVER,
  send_blocked: UNSENT,
  could_not_deliver: UNSENT,
  no_pending_verification: { status: 400, text: 'No hay un código activo. Solicite uno nuevo.' },
  code_expired: { status: 400, text: 'El código ha expirado. Solicite uno nuevo.' },
  incorrect_code: {
    status: 400,
    text: 'Código incorrecto. Intentos restantes: {attemptsRemaining}.',
  },
  cooldown: { status: 400, text: 'Espere {retryAfter} s antes de solicitar otro código.' },
  rate_limited: {
    status: 400,
    text: 'Se alcanzó el límite de códigos. Intente de nuevo en {minutes} min.',
  },
  too_many_attempts: {
    status: 400,
    text: 'Se agotaron los intentos. Espere {retryAfter} s antes de solicitar otro código.',
  },
  locked: {
    status: 400,
    text: 'Demasiados códigos incorrectos. Intente de nuevo en {minutes} min.',
  },
  phone_missing: { status: 400, text: 'El usuario no tiene un teléfono registrado.' },
  phone_verified: { status: 400, text: 'El teléfono ya está verificado.' },
  mailbox_missing: { status: 400, text: 'El usuario no tiene un correo registrado.' },
  mailbox_malformed: { status: 400, text: 'La dirección de correo no es válida.' },
  mailbox_verified: { status: 400, text: 'El correo ya está verificado.' },
  channel_unavailable: { status: 400, text: 'No se pueden enviar códigos por este medio.' },
  wrong_otp_type: { status: 400, text: 'Este tipo de código se solicita en otra ruta.' },
  idempotency_mismatch: NEVER,
  idempotency_in_progress: NEVER,
  unauthorized: {
    status: 401,
    text: 'La sesión no es válida o ha expirado. Inicie sesión de nuevo.',
  },
  invalid_signature: NEVER,
  not_found: { status: 404, text: 'Esta ruta no existe.' },
  method_not_allowed: { status: 405, text: 'Esta ruta solo admite {allow}.' },
  payload_too_large: { status: 413, text: 'Los datos enviados no son válidos.' },
  unsupported_media_type: { status: 415, text: 'Los datos deben enviarse como JSON.' },
  ip_rate_limited: TOO_MANY,
  too_many_requests: TOO_MANY,
  internal_error: { status: 500, text: 'Error interno del servidor.' },
  temporarily_unavailable: {
    status: 503,
    text: 'El servicio no está disponible. Intente de nuevo en {retryAfter} s.',
  },
  not_configured: { status: 503, text: 'El servicio no está configurado: {summary}.' },
  sending_disabled: { status: 503, text: 'El envío de códigos está desactivado.' },
} as const satisfies Words
