// Pure. What a text is sent as, in how many segments, and how it can be made cheaper. A carrier charges for each segment:
// 160 characters of GSM-7 or 70 units of UCS-2, or 153 and 67 where there are several and each says which it is.
// https://www.twilio.com/docs/glossary/what-is-gsm-7-character-encoding
import type { Encoding } from './record'

// 3GPP TS 23.038, 6.2.1: one septet each, and two for those of the extension table.
const BASIC =
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà'
const EXTENSION = '\f^{}\\[~]|€'

const classOf = (characters: string) => characters.replace(/[\\\]^-]/g, '\\$&')
const STRANGE = new RegExp(`[^${classOf(BASIC + EXTENSION)}]`, 'u')
const EXTENDED = new RegExp(`[${classOf(EXTENSION)}]`, 'g')

/**
 * What a person sees as one character, near enough to UAX #29: a letter with its marks, an emoji with its parts, a flag.
 * Intl.Segmenter knows better, but costs 15 ms of CPU in an isolate before its first answer; this, a tenth of one.
 */
const CHARACTER =
  /[\r\n]|(?:\p{RI}\p{RI}|.)(?:[\p{M}\p{Emoji_Modifier}\u200c\u0e33\u{e0020}-\u{e007f}]|\u200d\p{Extended_Pictographic}?)*/gsu

export const charactersOf = (text: string): string[] => text.match(CHARACTER) ?? []

/** What no segment may part, in the units of its encoding. */
const atomsOf = (text: string, encoding: Encoding, room: number): number[] =>
  encoding === 'GSM-7'
    ? Array.from(text, (character) => (EXTENSION.includes(character) ? 2 : 1))
    : charactersOf(text)
        // Marks can be piled up without end; what is larger than a segment is parted all the same.
        .flatMap((character) => (character.length > room ? [...character] : character))
        .map((character) => character.length)

/** How many segments a text takes, and in which encoding. Counts as Twilio's sms-segments-calculator does. */
export function segmentsOf(text: string): { segments: number; encoding: Encoding } {
  const encoding = STRANGE.test(text) ? 'UCS-2' : 'GSM-7'
  const [alone, room] = encoding === 'GSM-7' ? [160, 153] : [70, 67]
  const doubled = encoding === 'GSM-7' ? (text.match(EXTENDED)?.length ?? 0) : 0
  if (text.length + doubled <= alone) return { segments: 1, encoding }
  let segments = 1
  let used = 0
  for (const units of atomsOf(text, encoding, room)) {
    const fits = used + units <= room
    segments += fits ? 0 : 1
    used = fits ? used + units : units
  }
  return { segments, encoding }
}

/** The text in GSM-7 where look-alikes make that possible, else as it is: what stays in UCS-2 would only become longer. */
export function folded(text: string): string {
  if (!STRANGE.test(text)) return text
  // Composed first: an é may have come as an e and its accent.
  const plain = Array.from(text.normalize('NFC'), lookAlikeOf).join('')
  return STRANGE.test(plain) ? text : plain
}

function lookAlikeOf(character: string): string {
  if (INVISIBLE.test(character)) return ''
  if (SPACE.test(character)) return ' '
  const narrow = WIDE.test(character) ? character.normalize('NFKC') : character
  return lookAlikes().get(narrow) ?? narrow
}

const SPACE = /[\t\p{Z}]/u
const INVISIBLE = /[\u00ad\u200b\u200c\u200e\u200f\u2060\ufeff]/
/** The forms for vertical, small and full-width type. */
const WIDE = /[\ufe10-\ufe19\ufe50-\ufe6b\uff01-\uff5e]/

// What Twilio's Smart Encoding replaces, and a few hyphens and primes more; but no fraction (1½ would become 11/2) and no
// combining mark, and any space becomes one.
const LOOK_ALIKES = {
  '"': '«»“”ʺˮ‟„❝❞〝〞″',
  "'": '‘’ʻˈʼʽʹ‛´ˊ`ˋ❛❜′',
  '/': '÷⧸⁄∕',
  '\\': '⧹⧵',
  _: '‗',
  '|': '∣⎸⎹⏐⎜⎟',
  '-': '⎼⎽―‐⁃—–•‑‒−',
  '!': 'ǃ',
  '!!': '‼',
  ',': '‚､、',
  '(': '❨❪⟮⦅',
  ')': '❩❫⟯⦆',
  '*': '⁎∗⊛✢✣✤✥✱✲✳✺✻✼✽❃❉❊❋⧆',
  '+': '˖',
  '.': '。｡',
  '...': '…',
  ':': 'ː˸⦂꞉',
  ';': '⁏',
  '<': '‹',
  '=': '꞊',
  '>': '›',
  '^': 'ˆ',
  '{': '❴',
  '}': '❵',
  '~': '˜˷∼',
}
const SMALL_CAPITALS = 'ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ'

let plainOf: Map<string, string> | undefined

/** Made when the first text needs it. */
function lookAlikes(): Map<string, string> {
  plainOf ??= new Map([
    ...Object.entries(LOOK_ALIKES).flatMap(([plain, like]) =>
      Array.from(like, (character): [string, string] => [character, plain]),
    ),
    ...Array.from(SMALL_CAPITALS, (character, at): [string, string] => [
      character,
      'ABCDEFGHIJKLMNOPRSTUVWYZ'.charAt(at),
    ]),
  ])
  return plainOf
}
