export type StartRequest = {
    /** E.164, or national form with `country`; a mailbox for `email`. */
    to: string;
    /** How the code travels. */
    channel?: 'sms' | 'call' | 'whatsapp' | 'email' | undefined;
    /** What it is for: one of `PURPOSES`. A code never serves another purpose. */
    purpose?: string | undefined;
    /** Language tag. Else the country's language, else English. */
    locale?: string | undefined;
    /** ISO 3166, for a number in national form. */
    country?: string | undefined;
};
export type CheckRequest = {
    /** The digits that the person typed. */
    code: string;
    /** What it is for: one of `PURPOSES`. A code never serves another purpose. */
    purpose?: string | undefined;
    /** ISO 3166, for a number in national form. */
    country?: string | undefined;
} & ({
    /** As at the start. Either `to` or `id`. */
    to: string;
    id?: undefined;
} | {
    to?: undefined;
    /** Id of the verification. Either `to` or `id`. */
    id: string;
});
export type MessageRequest = {
    /** E.164, or national form with `country`. */
    to: string;
    /** ISO 3166, for a number in national form. */
    country?: string | undefined;
    /** Every variable of the template, and no other. */
    variables?: Record<string, string> | undefined;
    /** Language tag. Else the country's language, else English. */
    locale?: string | undefined;
} & ({
    /** The text. Either `body` or `template`. */
    body: string;
    template?: undefined;
} | {
    body?: undefined;
    /** Name of one of your templates. */
    template: string;
});
export type BatchRequest = {
    messages: Array<{
        /** E.164, or national form with `country`. */
        to: string;
        /** ISO 3166, for a number in national form. */
        country?: string | undefined;
        /** Every variable of the template, and no other. */
        variables?: Record<string, string> | undefined;
        /** Language tag. Else the country's language, else English. */
        locale?: string | undefined;
        /** Yours; comes back with the answer. */
        client_ref?: string | undefined;
    } & ({
        /** The text. Either `body` or `template`. */
        body: string;
        template?: undefined;
    } | {
        body?: undefined;
        /** Name of one of your templates. */
        template: string;
    })>;
};
export type RecipientQuery = {
    /** E.164, or national form with `country`. */
    to: string;
    /** ISO 3166, for a number in national form. */
    country?: string | undefined;
};
export type AuditQuery = {
    /** Only what concerns this recipient. */
    to?: string | undefined;
    /** ISO 3166, for a number in national form. */
    country?: string | undefined;
    /** Only events of this type. */
    type?: 'verification.started' | 'verification.resent' | 'verification.replayed' | 'verification.refused' | 'verification.sent' | 'verification.send_failed' | 'verification.send_unknown' | 'verification.approved' | 'verification.check_failed' | 'verification.check_refused' | 'verification.canceled' | 'verification.cancel_refused' | 'verification.expired' | 'verification.rerouted' | 'message.queued' | 'message.replayed' | 'message.refused' | 'message.sent' | 'message.send_failed' | 'message.send_unknown' | 'delivery.updated' | 'provider.failed' | 'provider.rested' | 'provider.recovered' | 'recipient.locked' | 'recipient.unlocked' | 'recipient.opted_out' | 'recipient.opted_in' | 'recipient.replied' | undefined;
    /** Only later events. */
    after?: string | undefined;
    /** Only earlier events. */
    before?: string | undefined;
    /** Events a page. */
    limit?: number | undefined;
    /** The `next_cursor` of the page before. */
    cursor?: string | undefined;
};
export type StatsQuery = {
    /** Texts and verifications from then on; if not given, from the beginning (UTC) of the 29th day before `to`. */
    from?: string | undefined;
    /** And before then; now, if not given. At most 366 days. */
    to?: string | undefined;
    /** What the rows are grouped by. */
    by?: 'day' | 'country' | 'provider' | 'purpose' | 'channel' | undefined;
};
export type Verification = {
    id: string;
    /** E.164; masked where it is read by id. */
    to: string;
    channel: string;
    channels?: Array<string> | undefined;
    /** What it is for: one of `PURPOSES`. A code never serves another purpose. */
    purpose: string;
    status: 'pending' | 'approved' | 'canceled' | 'expired' | 'max_attempts_reached';
    /** Who makes and checks the code: Verge, Twilio Verify, or the simulation. */
    engine: 'own' | 'delegated' | 'simulation';
    /** Until when the code can be checked. */
    expires_at: string;
    /** From when it can be sent again. */
    resend_at: string;
    /** Texts that the recipient may still get in this window. */
    sends_remaining: number;
    /** Checks left. */
    attempts_remaining: number;
    /** Nothing was sent; see `/simulator/messages`. */
    simulated: boolean;
    /** The carrier never said whether it took the text. */
    send_status?: 'unknown' | undefined;
    /** Reported undelivered by one carrier, sent again by another. */
    rerouted?: true | undefined;
};
export type Message = {
    id: string;
    /** E.164; masked where it is read by id. */
    to: string;
    /** `queued`, `sent`, `unknown`, `failed`, `refused`; or the carrier's own word. */
    status: string;
    /** What carriers bill it as. */
    segments?: number | undefined;
    encoding?: 'GSM-7' | 'UCS-2' | undefined;
    /** Nothing was sent; see `/simulator/messages`. */
    simulated: boolean;
    /** Only where a message is read by its id. */
    timeline?: Array<{
        /** `queued`, `sent`, `unknown`, `failed`, `refused`; or the carrier's own word. */
        status: string;
        at: string;
        provider?: string | undefined;
        error_code?: string | undefined;
    }> | undefined;
};
export type Batch = {
    accepted: number;
    refused: number;
    /** In the order given. */
    messages: Array<{
        /** As it was given. */
        to: string;
        /** Yours; comes back with the answer. */
        client_ref?: string | undefined;
        id: string;
        status: string;
    } | {
        /** As it was given. */
        to: string;
        /** Yours; comes back with the answer. */
        client_ref?: string | undefined;
        /** Why this one was refused: the code of a problem. */
        code: string;
        detail: string;
        reason?: string | undefined;
        /** Of the number, where it has one. */
        country?: string | null | undefined;
        /** Each fault: dotted path (empty for the whole) and message. */
        issues?: Array<{
            path: string;
            message: string;
        }> | undefined;
        /** Seconds, as in `Retry-After`. */
        retry_after?: number | undefined;
        segments?: number | undefined;
        /** What `MESSAGE_MAX_SEGMENTS` allows. */
        max_segments?: number | undefined;
        /** Checks left. */
        attempts_remaining?: number | undefined;
    }>;
};
export type Limits = {
    /** E.164. */
    to: string;
    sends: {
        used: number;
        limit: number;
        remaining: number;
        /** Length of the sliding window. */
        window_seconds: number;
        /** When the oldest leaves the window; null when nothing is used. */
        resets_at: string | null;
    };
    messages: {
        used: number;
        limit: number;
        remaining: number;
        /** Length of the sliding window. */
        window_seconds: number;
        /** When the oldest leaves the window; null when nothing is used. */
        resets_at: string | null;
    };
    /** Wrong codes in this window. */
    failures: {
        used: number;
        limit: number;
    };
    /** After too many wrong codes. */
    locked_until: string | null;
    /** The person replied STOP, or a carrier said so. */
    opted_out: boolean;
    verifications: Array<{
        /** What it is for: one of `PURPOSES`. A code never serves another purpose. */
        purpose: string;
        /** From when it can be sent again. */
        resend_at: string;
        /** Until when the code can be checked. */
        expires_at: string;
        /** Checks left. */
        attempts_remaining: number;
    }>;
};
export type AuditPage = {
    events: Array<{
        id: string;
        at: string;
        type: string;
        /** Keyed hash of the number or mailbox. */
        recipient: string;
        /** ISO 3166; null where the number belongs to none. */
        country: string | null;
        to_masked: string;
        verification_id?: string | undefined;
        message_id?: string | undefined;
        /** What it is for: one of `PURPOSES`. A code never serves another purpose. */
        purpose?: string | undefined;
        channel?: string | undefined;
        provider?: string | undefined;
        /** The provider's own id of the text. */
        provider_id?: string | undefined;
        /** The provider's id of the request, for its support. */
        provider_request_id?: string | undefined;
        status?: string | undefined;
        reason?: string | undefined;
        latency_ms?: number | undefined;
        segments?: number | undefined;
        /** A decimal number of `currency`. */
        cost?: string | undefined;
        /** ISO 4217; `XXX` where a carrier names none. */
        currency?: string | undefined;
        /** Name of the API key, else the client's address. */
        client?: string | undefined;
        /** Also in the logs, the audit log and `X-Request-Id`. */
        request_id?: string | undefined;
    }>;
    /** For the next page; null on the last. */
    next_cursor: string | null;
};
export type Stats = {
    /** From then on. */
    from: string;
    /** Before then. */
    to: string;
    /** What the rows are grouped by. */
    by: 'day' | 'country' | 'provider' | 'purpose' | 'channel';
    rows: Array<{
        /** Of the row; null where it is not known. */
        key: string | null;
        /** Texts that left, or may have. */
        sends: number;
        /** Of those, the ones that a carrier reports delivered. */
        delivered: number;
        /** Of those, the ones that a carrier reports lost. */
        undelivered: number;
        /** `delivered` / `sends`; null where there were none. */
        delivery_rate: number | null;
        /** From the start to the report, nearest rank. */
        time_to_deliver_ms: {
            p50: number;
            p95: number;
        } | null;
        verifications: {
            started: number;
            approved: number;
            /** `approved` / `started`. */
            conversion: number | null;
        };
        /** Starts and messages that were refused, by code. */
        refusals: Record<string, number>;
        /** Texts that no carrier took or that did not arrive, by carrier and its code. */
        failures: Record<string, number>;
        segments: number;
        /** What carriers ask for those texts, as far as they have said. */
        cost: Array<{
            /** ISO 4217; `XXX` where a carrier names none. */
            currency: string;
            amount: string;
        }>;
    }>;
    total: {
        /** Texts that left, or may have. */
        sends: number;
        /** Of those, the ones that a carrier reports delivered. */
        delivered: number;
        /** Of those, the ones that a carrier reports lost. */
        undelivered: number;
        /** `delivered` / `sends`; null where there were none. */
        delivery_rate: number | null;
        /** From the start to the report, nearest rank. */
        time_to_deliver_ms: {
            p50: number;
            p95: number;
        } | null;
        verifications: {
            started: number;
            approved: number;
            /** `approved` / `started`. */
            conversion: number | null;
        };
        /** Starts and messages that were refused, by code. */
        refusals: Record<string, number>;
        /** Texts that no carrier took or that did not arrive, by carrier and its code. */
        failures: Record<string, number>;
        segments: number;
        /** What carriers ask for those texts, as far as they have said. */
        cost: Array<{
            /** ISO 4217; `XXX` where a carrier names none. */
            currency: string;
            amount: string;
        }>;
    };
};
export type Status = {
    environment: string;
    engine: 'own' | 'delegated' | 'simulation' | null;
    /** Why nothing can be sent. */
    problem?: string | undefined;
    providers: Array<{
        name: string;
        configured: boolean;
        /** What is missing or wrong in its variables. */
        problems?: Array<string> | undefined;
        /** Asked just now; absent where nothing can tell. */
        answering?: boolean | undefined;
        account?: string | undefined;
        reason?: string | undefined;
        /** While it is asked last, and why. */
        resting?: {
            since: string;
            until: string;
            reason: string;
        } | undefined;
    }>;
    sends: {
        limit: number;
        /** Length of the sliding window. */
        window_seconds: number;
    };
};
export type Health = {
    status: 'ok';
    environment: string;
    engine: 'own' | 'delegated' | 'simulation';
    problem?: string | undefined;
};
export type SimulatedMessages = {
    messages: Array<{
        /** E.164. */
        to: string;
        channel: string;
        /** As the phone would show it. */
        body: string;
        code?: string | undefined;
        at: string;
    }>;
};
export type Problem = {
    type: string;
    title: string;
    status: number;
    /** Stable: build on this, not on the texts. */
    code: 'invalid_request' | 'invalid_phone_number' | 'not_sms_capable' | 'country_not_allowed' | 'opted_out' | 'message_too_long' | 'send_blocked' | 'unauthorized' | 'invalid_signature' | 'no_pending_verification' | 'not_found' | 'method_not_allowed' | 'code_expired' | 'payload_too_large' | 'unsupported_media_type' | 'incorrect_code' | 'idempotency_mismatch' | 'idempotency_in_progress' | 'cooldown' | 'rate_limited' | 'too_many_attempts' | 'locked' | 'ip_rate_limited' | 'too_many_requests' | 'internal_error' | 'could_not_deliver' | 'temporarily_unavailable' | 'not_configured' | 'sending_disabled';
    detail: string;
    /** Also in the logs, the audit log and `X-Request-Id`. */
    request_id: string;
    /** Why the number cannot be used: `malformed`, `not_e164`, `too_short`, `too_long`, `not_in_use`, `premium_rate`, `carrier`, or its type, such as `fixed_line`. */
    reason?: string | undefined;
    /** Of the number, where it has one. */
    country?: string | null | undefined;
    /** Each fault: dotted path (empty for the whole) and message. */
    issues?: Array<{
        path: string;
        message: string;
    }> | undefined;
    /** Seconds, as in `Retry-After`. */
    retry_after?: number | undefined;
    segments?: number | undefined;
    /** What `MESSAGE_MAX_SEGMENTS` allows. */
    max_segments?: number | undefined;
    /** Checks left. */
    attempts_remaining?: number | undefined;
};
