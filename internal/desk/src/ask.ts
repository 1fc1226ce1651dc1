// A question before something that cannot be undone.

import { $ } from './dom';

/** Asks, and tells whether the agent agreed. Escape means no. */
export function ask(title: string, text: string, yes: string): Promise<boolean> {
  const dialog = $<HTMLDialogElement>('ask');
  $('ask-title').textContent = title;
  $('ask-text').textContent = text;
  $('ask-yes').textContent = yes;
  return new Promise((resolve) => {
    $('ask-yes').onclick = () => dialog.close('yes');
    $('ask-no').onclick = () => dialog.close('no');
    dialog.returnValue = 'no';
    dialog.onclose = () => resolve(dialog.returnValue === 'yes');
    dialog.showModal();
    $('ask-no').focus();
  });
}
