// Puts the PIN onto the clipboard.

import { announce } from './dom';

/** Copies an element's text; where the browser forbids it, selects it for the agent to copy. */
export async function copy(source: HTMLElement, button: HTMLButtonElement): Promise<void> {
  const label = 'Copy PIN';
  let said = 'Copied';
  try {
    await navigator.clipboard.writeText(source.textContent ?? '');
  } catch {
    // In another site's frame that does not delegate the clipboard, for one.
    getSelection()?.selectAllChildren(source);
    if (!document.execCommand('copy')) said = 'Selected';
  }
  button.textContent = said;
  announce(said === 'Copied' ? 'PIN copied' : 'The PIN is selected: copy it with the keyboard');
  setTimeout(() => (button.textContent = label), 2_500);
}
