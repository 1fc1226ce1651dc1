// Why a session is over, in words; video_hub.go names the reasons.

export function closedWords(reason: string): string {
  switch (reason) {
    case 'left':
      return 'You have left the session.';
    case 'host':
      return 'The host has ended the session.';
    case 'idle':
      return 'The session has ended: nobody else was there for a long time.';
    case 'expired':
      return 'The session has ended: it has reached its longest life.';
    case 'moved':
      return 'You have joined the session in another window.';
    case 'lost':
      return 'The connection to the session is lost.';
    default:
      return 'The session has ended.';
  }
}
