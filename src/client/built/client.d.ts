import type { AuditPage, AuditQuery, Batch, BatchRequest, CheckRequest, Health, Limits, Message, MessageRequest, Problem, RecipientQuery, SimulatedMessages, StartRequest, Stats, StatsQuery, Status, Verification } from './types.js';
export type * from './types.js';
/** As much of an answer as is looked at, so that any `fetch` fits. */
export type Fetch = (url: string, init: {
    method: string;
    headers: Record<string, string>;
    body?: string;
    signal?: AbortSignal;
}) => Promise<{
    status: number;
    headers: {
        get(name: string): string | null;
    };
    text(): Promise<string>;
}>;
export type ClientOptions = {
    /** where Verge is, such as `https://verge.example.com` */
    baseUrl: string;
    /** one of API_KEYS. Never in a browser: clients need none. */
    apiKey?: string | undefined;
    fetch?: Fetch | undefined;
};
export type CallOptions = {
    signal?: AbortSignal | undefined;
};
/** With a key, a call that was lost can be made again: it sends nothing twice. */
export type SendOptions = CallOptions & {
    idempotencyKey?: string | undefined;
};
export type Result<T> = {
    ok: true;
    value: T;
    request_id: string | null;
    /** the first answer to the same idempotency key, again */
    replayed: boolean;
} | {
    ok: false;
    problem: Problem | Failure;
};
/**
 * No answer of Verge's. `unreachable`: nobody knows whether it was asked. `aborted`: by your signal. `unexpected_answer`:
 * of something in between, with its status.
 */
export type Failure = {
    code: 'unreachable' | 'aborted' | 'unexpected_answer';
    /** 0 where there was no answer */
    status: number;
    title: string;
    detail: string;
    request_id: string | null;
} & {
    [Field in Exclude<keyof Problem, 'code' | 'status' | 'title' | 'detail' | 'request_id'>]?: undefined;
};
export type Client = ReturnType<typeof createClient>;
export declare function createClient({ baseUrl, apiKey, fetch: given }: ClientOptions): {
    /** Starts a verification; while it is pending, sends its code again. */
    startVerification: (request: StartRequest, options?: SendOptions) => Promise<Result<Verification>>;
    /** Checks a code, by `to` or by `id`. `ok` is proof that the person holds the number: once, and to a backend. */
    checkVerification: (request: CheckRequest, options?: CallOptions) => Promise<Result<Verification>>;
    getVerification: (id: string, options?: CallOptions) => Promise<Result<Verification>>;
    cancelVerification: (id: string, options?: CallOptions) => Promise<Result<Verification>>;
    /** Sends a text that is not a code. Needs a key, as do all that follow but `getHealth`. */
    sendMessage: (request: MessageRequest, options?: SendOptions) => Promise<Result<Message>>;
    /** Queues up to 1,000 messages. `ok` says that each has an answer of its own, not that each was taken. */
    sendMessages: (request: BatchRequest, options?: SendOptions) => Promise<Result<Batch>>;
    getMessage: (id: string, options?: CallOptions) => Promise<Result<Message>>;
    getLimits: (query: RecipientQuery, options?: CallOptions) => Promise<Result<Limits>>;
    /** A page of events, newest first. The next one: with `cursor`, the `next_cursor` of this one. */
    listAudit: (query?: AuditQuery, options?: CallOptions) => Promise<Result<AuditPage>>;
    /** What texts came to: delivery, conversion, refusals, cost. By day, of the last 30 days, where nothing else is asked. */
    getStats: (query?: StatsQuery, options?: CallOptions) => Promise<Result<Stats>>;
    getStatus: (options?: CallOptions) => Promise<Result<Status>>;
    getHealth: (options?: CallOptions) => Promise<Result<Health>>;
    /** What a simulated phone would show: its last ten texts. */
    simulatorMessages: (query: RecipientQuery, options?: CallOptions) => Promise<Result<SimulatedMessages>>;
};
