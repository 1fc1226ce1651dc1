// Errors in words that help an agent. Codes are Zoom's.

const WORDS: Record<number, string> = {
  1008: 'A PIN is 6 digits, or up to 10 letters and digits.',
  1011: 'That session has ended, or there were too many attempts. Ask for a new PIN, or wait ten minutes.',
  1013: 'The session has 5 agents already, which is as many as it may have.',
  1015: 'You are in this session already, in another window.',
  1016: 'The connection is lost. Check your network and join again.',
  2001: 'Your token is not valid any more. Load this page again to get a new one.',
  30308: 'Pincode is not found. Ask the customer to read it out again.',
};

export const words = (code: number, otherwise: string): string => `${WORDS[code] ?? otherwise} (${code})`;
