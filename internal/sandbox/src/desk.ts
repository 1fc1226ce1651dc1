// The agent's desk of the sandbox: a PIN form, then the customer's page.

import { Desk } from './desk/desk';

const base = location.href.slice(0, location.href.indexOf('/sdkapi/zcb/'));
const token = new URLSearchParams(location.search).get('access_token') ?? '';

new Desk(base, token, document.body).open();
