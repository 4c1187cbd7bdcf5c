// Pure. What a text is sent as, and in how many segments: https://www.twilio.com/docs/glossary/what-is-gsm-7-character-encoding
import type { Encoding } from './record'

// 3GPP TS 23.038: one unit each, and two for those of the extension table.
const BASIC =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà'
const EXTENSION = '\f^{}\\[~]|€'

const inClass = (characters: string) => characters.replace(/[\\\]^-]/g, '\\$&')
const GSM_7 = new RegExp(`^[${inClass(BASIC + EXTENSION)}]*$`)

/** How many segments a text takes: what carriers charge for. */
export function segmentsOf(text: string): { segments: number; encoding: Encoding } {
  const encoding = GSM_7.test(text) ? 'GSM-7' : 'UCS-2'
  const units = [...text].map((character) =>
    encoding === 'UCS-2' ? character.length : EXTENSION.includes(character) ? 2 : 1,
  )
  const [alone, joined] = encoding === 'GSM-7' ? [160, 153] : [70, 67]
  if (units.reduce((sum, unit) => sum + unit, 0) <= alone) return { segments: 1, encoding }
  let segments = 1
  let used = 0
  for (const unit of units) {
    if (used + unit > joined) {
      segments++
      used = 0
    }
    used += unit
  }
  return { segments, encoding }
}

/** The text in GSM-7 where look-alikes of its characters make that possible, else as it is. */
export function folded(text: string): string {
  return text
    .replace(/[“”„«»]/g, '"')
    .replace(/[‘’]/g, "'")
    .replace(/[–—]/g, '-')
    .replace(/…/g, '...')
    .replace(/\u00a0/g, ' ')
}
