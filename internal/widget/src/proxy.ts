// What the proxy is told of a session, so that agents find it in their list:
// the click makes a record, and reports keep it true. Reports go one at a time and
// in order, wait while the proxy is away, and never hold up the session itself.

import { type Failure, fromNetwork, fromStatus } from './failure';
import { Text } from './texts';

/** A session as the proxy made it. The next page of the session finds it in storage. */
export interface SessionRecord {
  id: string;
  /** The right to report. It goes nowhere but into the bodies of reports. */
  ticket: string;
  /** Seconds between heartbeats. */
  heartbeat?: number | undefined;
  /** The path that the proxy knows. */
  page: string;
  /** What the proxy must be told again where it has forgotten the session. */
  pin?: string | undefined;
  agent?: boolean;
  /** The customer was shown the offer of video, on this page or another one. */
  video?: boolean;
}

/** The events that the proxy knows: those of Zoom's SDK, and our heartbeat. */
export type ReportEvent =
  | 'pincode_updated'
  | 'session_started'
  | 'agent_joined'
  | 'agent_left'
  | 'heartbeat'
  | 'session_ended'
  | 'session_error';

interface Report {
  event: ReportEvent;
  pin: string | undefined;
  /** Zoom's code of an error. */
  code: string | undefined;
}

/** What the customer needs to continue by video. The room asks for it; here it is only passed on. */
export type VideoPart = object;

export interface Reporter {
  record: SessionRecord;
  report(event: ReportEvent, pin?: string, code?: string): void;
}

const PATIENCE = 20_000;
/** The first repetition comes after twice this time or a little later; each next one waits twice as long. */
const WAIT = 500;
const LONGEST_WAIT = 30_000;

/** Cookies go with it, as is the default for the same origin, and a page that goes away does not stop it. */
const post = (url: string, body: object): Promise<Response> =>
  fetch(url, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
    mode: 'same-origin',
    redirect: 'error',
    keepalive: true,
    signal: AbortSignal.timeout?.(PATIENCE), // browsers before 2022 wait as long as they like
  });

/** Makes a record, and returns it with the token for Zoom's start. */
export async function create(base: string): Promise<[SessionRecord, sdkToken: string]> {
  const page = location.pathname;
  const response = await post(base + 'sessions', { page }).catch(() => {
    throw fromNetwork(Text.unavailable);
  });
  const { id, ticket, heartbeat, pin, sdkToken } = await response.json().catch(() => ({}));
  if (!sdkToken) throw fromStatus(response.status);
  return [{ id, ticket, heartbeat, pin, page }, sdkToken];
}

/** Adds a report, and drops those that it makes moot: of all but agents, who are counted, the last one holds. */
const add = (reports: Report[], report: Report): Report[] =>
  reports
    .filter(({ event }) =>
      report.event === 'session_ended' ? event === 'session_error' : event !== report.event || event.startsWith('agent'),
    )
    .concat(report);

/**
 * Reports for a record. Over is called once the proxy has told that the session
 * is over there, with a failure where the customer should start again; offered
 * with each answer, with the part where video is offered.
 */
export function makeReporter(
  base: string,
  record: SessionRecord,
  over: (failure?: Failure) => void,
  offered: (video?: VideoPart) => void,
): Reporter {
  let reports: Report[] = [];
  let sending = false;
  let wait = WAIT;
  /** Nothing more may be said. */
  let closed = false;

  /** Sends one report; returns the milliseconds after which to try again, if so. */
  async function send(report: Report): Promise<number | void> {
    let after = 0;
    try {
      const page = location.pathname;
      const response = await post(`${base}sessions/${record.id}/events`, {
        ...report,
        ticket: record.ticket,
        page: page === record.page ? undefined : page,
      });
      const { status } = response;
      if (status < 500 && status !== 429) {
        const { state, video } = await response.json();
        offered(video);
        wait = WAIT;
        record.page = page;
        return heard(report, status, state);
      }
      after = Number(response.headers.get('Retry-After')) * 1000;
    } catch {
      // The network, or the proxy, is away.
    }
    wait = Math.min(wait * 2, LONGEST_WAIT);
    // Not all pages should come back at once.
    return after || wait * (1 + Math.random());
  }

  function heard(told: Report, status: number, state: unknown): void {
    const gone = status === 410 || state === 'ended' || state === 'expired';
    if (gone || status === 401) {
      closed = true;
      reports = [];
    }
    if (gone) over();
    if (status === 409) over(fromStatus(status));
    // It is behind where the PIN is still to come, and has forgotten it else.
    if (state === 'created' && record.pin && ![told, ...reports].some(({ event }) => event === 'pincode_updated')) {
      record.page = '';
      report('pincode_updated', record.pin);
      if (record.agent) report('agent_joined');
    }
  }

  async function pump(): Promise<void> {
    sending = true;
    for (let next; (next = reports.shift()); ) {
      const again = await send(next);
      if (again) {
        reports = reports.reduce(add, [next]);
        await new Promise((r) => setTimeout(r, again));
      }
    }
    sending = false;
  }

  function report(event: ReportEvent, pin?: string, code?: string): void {
    if (closed) return;
    closed = event === 'session_ended';
    record.pin = pin || record.pin;
    if (event.startsWith('agent')) record.agent = event === 'agent_joined';
    reports = add(reports, { event, pin, code });
    if (!sending) void pump();
  }

  // The page goes away: what waits goes at once.
  addEventListener('pagehide', () => reports.splice(0).forEach(send));
  return { record, report };
}
