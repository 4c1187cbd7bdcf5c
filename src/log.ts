// One JSON line per thing that happened. Whoever calls this masks numbers first; codes and secrets have no field here.

export type LogLine = {
  level: 'info' | 'error'
  event: string
  [field: string]: string | number | boolean | null | undefined
}

export function log(line: LogLine): void {
  const text = JSON.stringify(line)
  if (line.level === 'error') console.error(text)
  else console.log(text)
}
