// What a desk that is loaded again must know to go on.

export interface Place {
  id: string;
  secret: string;
}

const KEY = 'cobrowse-sandbox-desk';

export function keep(place: Place | undefined): void {
  try {
    if (place) sessionStorage.setItem(KEY, JSON.stringify(place));
    else sessionStorage.removeItem(KEY);
  } catch {
    // Without storage a reload begins with the PIN.
  }
}

export function kept(): Place | undefined {
  try {
    return (JSON.parse(sessionStorage.getItem(KEY) ?? 'null') as Place | null) ?? undefined;
  } catch {
    return undefined;
  }
}

/** The place that createAgentViewerEndpoint has taken for this desk. */
export function handed(): Place | undefined {
  const given = new URLSearchParams(location.hash.slice(1));
  const [id, secret] = [given.get('id'), given.get('secret')];
  if (!id || !secret) return undefined;
  history.replaceState(null, '', location.pathname + location.search);
  return { id, secret };
}
