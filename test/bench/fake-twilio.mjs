// Twilio's Messages API on loopback: takes a text, remembers the last one sent to each number, answers after LATENCY_MS.
// A process of its own, so that its work is not counted as the gateway's. Prints its port.
import { createServer } from 'node:http'

const latencyMs = Number(process.env.LATENCY_MS ?? 0)
const last = new Map()
let texts = 0

const answer = (response, status, body) => {
  const text = JSON.stringify(body)
  response.writeHead(status, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  })
  response.end(text)
}

function accept(request, response, form) {
  const to = form.get('To')
  const code = /\b\d{4,10}\b/.exec(form.get('Body') ?? '')?.[0]
  if (!request.headers.authorization || !to || !code)
    return answer(response, 400, { code: 21211, message: 'not what Verge sends', status: 400 })
  texts++
  const sid = `SM${texts.toString(16).padStart(32, '0')}`
  last.set(to, { code, sid, callback: form.get('StatusCallback') })
  const body = {
    sid,
    status: 'queued',
    to,
    from: form.get('From'),
    body: form.get('Body'),
    num_segments: '1',
    direction: 'outbound-api',
    date_created: new Date().toUTCString(),
    error_code: null,
  }
  if (latencyMs > 0) setTimeout(answer, latencyMs, response, 201, body)
  else answer(response, 201, body)
}

const server = createServer((request, response) => {
  if (request.method === 'GET') {
    const { pathname, searchParams } = new URL(request.url, 'http://loopback')
    if (pathname === '/texts') return answer(response, 200, { texts })
    return answer(response, 200, last.get(searchParams.get('to')) ?? {})
  }
  let form = ''
  request.setEncoding('utf8').on('data', (chunk) => {
    form += chunk
  })
  request.on('end', () => accept(request, response, new URLSearchParams(form)))
})
server.keepAliveTimeout = 60_000
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
