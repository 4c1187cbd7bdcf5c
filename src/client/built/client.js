export function createClient({ baseUrl, apiKey, fetch: given }) {
    const base = baseUrl.replace(/\/+$/, '');
    const send = given ?? ((url, init) => globalThis.fetch(url, init));
    async function call(method, path, { signal, idempotencyKey } = {}, body) {
        let status = 0;
        let requestId = null;
        try {
            const response = await send(base + path, {
                method,
                headers: {
                    ...(apiKey !== undefined && { Authorization: `Bearer ${apiKey}` }),
                    ...(body && { 'Content-Type': 'application/json' }),
                    ...(idempotencyKey !== undefined && { 'Idempotency-Key': idempotencyKey }),
                },
                ...(body && { body: JSON.stringify(body) }),
                ...(signal && { signal }),
            });
            status = response.status;
            requestId = response.headers.get('X-Request-Id');
            const answer = parsed(await response.text());
            if (status >= 200 && status < 300 && answer)
                return {
                    ok: true,
                    value: answer,
                    request_id: requestId,
                    replayed: response.headers.get('Idempotent-Replayed') === 'true',
                };
            if (isProblem(answer))
                return { ok: false, problem: answer };
            return notOurs(status, requestId);
        }
        catch (error) {
            const code = signal?.aborted ? 'aborted' : 'unreachable';
            const said = error instanceof Error ? error.message : String(error);
            // A runtime names the header that it cannot send, with the key in it.
            const isHeader = /^[\x20-\x7e]*$/.test(apiKey ?? '');
            return failed(code, status, isHeader ? said : 'apiKey is not printable ASCII.', requestId);
        }
    }
    return {
        /** Starts a verification; while it is pending, sends its code again. */
        startVerification: (request, options) => call('POST', '/v1/verifications', options, request),
        /** Checks a code, by `to` or by `id`. `ok` is proof that the person holds the number: once, and to a backend. */
        checkVerification: async (request, options) => {
            const checked = await call('POST', '/v1/verifications/check', options, request);
            // Something in between may answer 200 to anything, and that proves nothing.
            const isOurs = !checked.ok || checked.value.status === 'approved';
            return isOurs ? checked : notOurs(200, checked.request_id);
        },
        getVerification: (id, options) => call('GET', `/v1/verifications/${encodeURIComponent(id)}`, options),
        cancelVerification: (id, options) => call('DELETE', `/v1/verifications/${encodeURIComponent(id)}`, options),
        /** Sends a text that is not a code. Needs a key, as do all that follow but `getHealth`. */
        sendMessage: (request, options) => call('POST', '/v1/messages', options, request),
        /** Queues up to 1,000 messages. `ok` says that each has an answer of its own, not that each was taken. */
        sendMessages: (request, options) => call('POST', '/v1/messages/batch', options, request),
        getMessage: (id, options) => call('GET', `/v1/messages/${encodeURIComponent(id)}`, options),
        getLimits: (query, options) => call('GET', `/v1/limits${search(query)}`, options),
        /** A page of events, newest first. The next one: with `cursor`, the `next_cursor` of this one. */
        listAudit: (query = {}, options) => call('GET', `/v1/audit${search(query)}`, options),
        /** What texts came to: delivery, conversion, refusals, cost. By day, of the last 30 days, where nothing else is asked. */
        getStats: (query = {}, options) => call('GET', `/v1/stats${search(query)}`, options),
        getStatus: (options) => call('GET', '/v1/status', options),
        getHealth: (options) => call('GET', '/health', options),
        /** What a simulated phone would show: its last ten texts. */
        simulatorMessages: (query, options) => call('GET', `/simulator/messages${search(query)}`, options),
    };
}
function search(query) {
    const given = Object.entries(query).filter(([, value]) => value !== undefined);
    return given.length === 0
        ? ''
        : `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}`;
}
/** Null for what is no JSON object. */
function parsed(text) {
    try {
        const json = JSON.parse(text);
        return typeof json === 'object' ? json : null;
    }
    catch {
        return null;
    }
}
const isProblem = (answer) => answer !== null && 'code' in answer && typeof answer.code === 'string' && 'request_id' in answer;
const TITLES = {
    unreachable: 'Unreachable',
    aborted: 'Aborted',
    unexpected_answer: 'Unexpected answer',
};
const notOurs = (status, requestId) => failed('unexpected_answer', status, 'This is not an answer of Verge.', requestId);
const failed = (code, status, detail, requestId) => ({
    ok: false,
    problem: { code, status, title: TITLES[code], detail, request_id: requestId },
});
