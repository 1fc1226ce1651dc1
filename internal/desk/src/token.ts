// The agent token: asked for when the desk is opened or renewed, handed to
// Zoom's frame, and kept nowhere.

import type { DeskSettings } from './settings';

/** Zoom's minimum: a leaked token is worth as little as possible. */
const LIFETIME = 1800;

export interface Access {
  token: string;
  /** Name and end of validity as the token says, for display only. */
  name: string;
  expires: number;
}

/** Why there is no token: an HTTP status, or 0 for no answer. */
export class Refusal {
  constructor(readonly status: number) {}
}

export async function fetchAccess(settings: DeskSettings): Promise<Access> {
  let response: Response;
  let body: { token?: unknown } = {};
  try {
    // By the origin: an address with a user and a password in it makes relative ones throw.
    response = await fetch(location.origin + settings.token, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ role: 2, expirationSeconds: LIFETIME }),
      mode: 'same-origin',
      credentials: 'same-origin',
      redirect: 'error', // a login page is no token
      cache: 'no-store',
    });
    if (response.ok) body = await response.json();
  } catch {
    throw new Refusal(0);
  }
  if (typeof body.token !== 'string' || !body.token) throw new Refusal(response.ok ? 502 : response.status);
  return { token: body.token, ...claims(body.token) };
}

/** Reads the token's claims without judging them: that is Zoom's work. */
function claims(token: string): { name: string; expires: number } {
  try {
    const part = token.split('.')[1]!.replace(/-/g, '+').replace(/_/g, '/');
    const bytes = Uint8Array.from(atob(part), (c) => c.charCodeAt(0));
    const { user_name, exp } = JSON.parse(new TextDecoder().decode(bytes)) as { user_name?: unknown; exp?: unknown };
    return {
      name: typeof user_name === 'string' ? user_name : '',
      expires: typeof exp === 'number' ? exp * 1000 : Date.now() + LIFETIME * 1000,
    };
  } catch {
    return { name: '', expires: Date.now() + LIFETIME * 1000 };
  }
}
