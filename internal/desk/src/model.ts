// What the proxy tells of sessions. Names, ids and pages are the customer's
// own words: they become text, and nothing else.

export interface Person {
  id?: string;
  name?: string;
}

export interface Session {
  id: string;
  state: string;
  customer: Person;
  page: string;
  created_at: string;
  waiting_at?: string;
  active_at?: string;
  claims: Person[];
  /** The agent at this desk holds one of the claims. */
  mine: boolean;
  /** "offered" once somebody here has offered video, "shown" when the customer's page knows. */
  video?: string;
}

/** The data of the event "sessions". */
export interface Listing {
  agent: Person;
  supervisor: boolean;
  /** The server's clock when this was sent. */
  now: string;
  waiting: number;
  active: number;
  /** How many sessions the search found, of which `sessions` may be the first only. */
  found: number;
  sessions: Session[];
}

/** The answer to a join. */
export interface Joined {
  token: string;
  pin: string;
  session: Session;
  /** The session may continue by video. */
  video?: boolean;
}

/** One side's part of a video session, as the proxy makes it and the room takes it. */
export interface VideoPart {
  sessionName: string;
  signature: string;
  userName: string;
}

// Characters that write nothing: controls, and those that turn the direction of
// whatever comes after them.
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/** Text of somebody else's, such that it can be part of a sentence of ours. */
export const plain = (text: string | undefined): string => (text ?? '').replace(UNSEEN, '').trim();

/** The same between marks that keep its direction to itself (Unicode's FSI and PDI). */
export const quoted = (text: string): string => `\u2068${plain(text)}\u2069`;

export const nameOf = (person: Person, otherwise: string): string => plain(person.name) || plain(person.id) || otherwise;

/** What a customer is called: the name, and else a word that is no name. */
export const customerName = (session: Session): string => plain(session.customer.name) || 'Customer';

/** The site's reference, where it says more than the name. */
export const reference = (session: Session): string => {
  const id = plain(session.customer.id);
  return id === customerName(session) ? '' : id;
};

/** Since when a session is in its state. */
export const since = (session: Session): number =>
  Date.parse((session.state === 'active' && session.active_at) || session.waiting_at || session.created_at);

/** Colleagues and oneself, as a list or the bar says it. */
export function withWhom(session: Session, me: string): string {
  return session.claims.map((c) => (c.id === me ? 'you' : nameOf(c, 'a colleague'))).join(', ');
}
