// Requests to the proxy. A token is in the answer to a join, handed on to
// Zoom's frame, and kept nowhere.

import type { DeskSettings } from './settings';
import type { Joined, VideoPart } from './model';

declare const __COBROWSE_DESK__: DeskSettings;
export const settings = __COBROWSE_DESK__;

/** How long a request may take. */
const PATIENCE = 30_000;

/** Why something was refused: an HTTP status (0 for no answer) and the code of a problem. */
export class Refusal {
  constructor(
    readonly status: number,
    readonly code = '',
    readonly detail = '',
    /** Seconds to wait, or 0. */
    readonly wait = 0,
  ) {}

  /** The agent is not signed in, or no longer. */
  get signedOut(): boolean {
    return this.status === 401 || this.code === 'not-signed-in';
  }
}

/** An address of ours. By the origin: one with a user and a password in it makes relative ones throw. */
export const address = (name: string): string => `${location.origin}${settings.desk}/${name}`;

export const options: RequestInit = {
  mode: 'same-origin',
  credentials: 'same-origin',
  redirect: 'manual', // to a login page, which is no answer
  cache: 'no-store',
};

/** Reads why a response is not the one that was wished for. */
export async function refusal(response: Response): Promise<Refusal> {
  if (response.type === 'opaqueredirect') return new Refusal(401);
  let body: { code?: unknown; detail?: unknown } = {};
  try {
    body = ((await response.json()) ?? {}) as typeof body;
  } catch {
    // Not a problem of ours: the status tells.
  }
  const text = (v: unknown): string => (typeof v === 'string' ? v.slice(0, 300) : '');
  const wait = Math.ceil(Number(response.headers.get('Retry-After'))) || 0;
  return new Refusal(response.status, text(body.code), text(body.detail), Math.min(Math.max(wait, 0), 3600));
}

async function post(name: string, body: object): Promise<Response> {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), PATIENCE);
  try {
    const response = await fetch(address(name), {
      ...options,
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
      signal: stop.signal,
    });
    if (response.ok) return response;
    throw await refusal(response);
  } catch (e) {
    throw e instanceof Refusal ? e : new Refusal(0);
  } finally {
    clearTimeout(timer);
  }
}

/** Claims a session by its PIN or id, and asks for a token. */
export async function join(what: { pin: string } | { id: string }): Promise<Joined> {
  const response = await post('join', what);
  let joined: Partial<Joined> = {};
  try {
    joined = (await response.json()) as typeof joined;
  } catch {
    throw new Refusal(0);
  }
  if (typeof joined.token !== 'string' || !joined.token || typeof joined.session?.id !== 'string') throw new Refusal(502);
  return joined as Joined;
}

/** Offers the customer to continue by video, and asks for the agent's part. */
export async function offerVideo(id: string): Promise<VideoPart> {
  const response = await post('video', { id });
  const part = (await response.json().catch(() => ({}))) as Partial<VideoPart>;
  if (!part.signature || !part.sessionName) throw new Refusal(502);
  return part as VideoPart;
}

/** Lets a colleague have the customer. */
export const release = async (id: string): Promise<unknown> => post('release', { id });

/** Ends a session, for the customer too. */
export const end = async (id: string): Promise<unknown> => post('end', { id });
