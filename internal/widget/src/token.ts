// The customer token: minted by our endpoint for each session, kept nowhere.

import { fromNetwork, fromStatus } from './failure';

const PATIENCE = 20_000;

export async function fetchToken(base: string): Promise<string> {
  let response: Response;
  let body: { token?: unknown; sdkToken?: unknown } = {};
  try {
    // Cookies go with it, as is the default for the same origin.
    response = await fetch(base + 'token', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{"role":1}',
      mode: 'same-origin',
      redirect: 'error',
      signal: AbortSignal.timeout?.(PATIENCE), // browsers before 2022 wait as long as they like
    });
    if (response.ok) body = await response.json();
  } catch {
    throw fromNetwork('unavailable');
  }
  const token = body.token ?? body.sdkToken;
  if (typeof token === 'string' && token) return token;
  throw fromStatus(response.status);
}
