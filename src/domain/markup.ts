// Pure. Text → what may stand between two tags, or between double quotes, of XML and HTML alike.
const ENTITIES: Record<string, string> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot' }

export const escaped = (text: string): string =>
  text.replace(/[&<>"]/g, (sign) => `&${ENTITIES[sign]};`)
