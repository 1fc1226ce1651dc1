// What goes over the WebSocket. protocol.go is the other end; it checks every
// member, so this is only as precise as the scripts need.

/** A frame in either direction. */
export interface Frame {
  t: string;
  [member: string]: unknown;
}

/** A piece of a drawing: pairs of CSS pixels of the document. */
export interface Stroke {
  id: string;
  tool: Tool;
  color: string;
  points: number[];
  /** Who drew it: "c" for the customer, "a1" and so on for agents. */
  by?: string;
}

export type Tool = 'pen' | 'vanish' | 'rect';

export interface SessionSettings {
  agentDraw: boolean;
  customerDraw: boolean;
  assist: boolean;
  consent: boolean;
  multiTab: boolean;
}

export interface AgentEntry {
  id: string;
  name: string;
  here: boolean;
}

/** Zoom's codes that the scripts themselves decide on. */
export const Code = {
  startFailed: 1001,
  connecting: 1002,
  sessionCount: 1004,
  pinNotFound: 1006,
  joinFailed: 1011,
  customerCount: 1012,
  network: 1016,
  canceling: 1017,
  tokenInvalid: 2001,
  undefined: 9999,
  deskPinNotFound: 30308,
} as const;

/** How long either side may be away (Zoom: 2 minutes). */
export const RECONNECT = 120_000;

/** Why a session ended, in words; protocol.go names the reasons. */
export function endWords(reason: string, side: 'customer' | 'agent'): string {
  const customer = side === 'customer';
  switch (reason) {
    case 'customer':
      return customer ? 'You have ended the session.' : 'The customer has ended the session.';
    case 'agent':
      return customer ? 'The agent has ended the session.' : 'The session has been ended.';
    case 'unjoined':
      return 'The session has ended: there was no agent for 3 minutes.';
    case 'lost':
      return 'The session has ended: the customer was away for more than 2 minutes.';
    case 'expired':
      return 'The session has ended: it has reached its longest life.';
    case 'replaced':
      return 'The session has ended: the customer has begun another one.';
    case 'gone':
      return 'The session is over, or the sandbox was restarted and has forgotten it.';
    default:
      return 'The session has ended.';
  }
}
