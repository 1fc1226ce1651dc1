// The server's clock, and how long ago something was.

let offset = 0;

/** Takes the server's time of this moment: agents' clocks may be wrong. */
export function setClock(now: string): void {
  const at = Date.parse(now);
  if (!Number.isNaN(at)) offset = at - Date.now();
}

/** How long ago a moment of the server's was, as 0:42, 12:05 or 1:02:03. */
export function ago(moment: number): string {
  if (Number.isNaN(moment)) return '';
  const seconds = Math.max(0, Math.floor((Date.now() + offset - moment) / 1000));
  const two = (n: number): string => String(n).padStart(2, '0');
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return `${hours ? `${hours}:${two(minutes)}` : minutes}:${two(seconds % 60)}`;
}
