// Package session remembers who waits for help, and who may help.
//
// # Why
//
// A token for Zoom's agent desk is not bound to a session: for half an hour its
// holder may join whatever PIN it learns. So the proxy keeps a record of its
// own for every customer who asked for help, and mints an agent token only for
// the agent who has claimed such a record. Everything here serves that gate.
//
// # What
//
// [Session] is the record; [State] says where it stands, and every state but the
// last two can end or expire:
//
//	created ──pincode_updated──▶ waiting ──agent_joined──▶ active
//	                                ▲                         │
//	                                └───────agent_left────────┘
//	ended: somebody ended it        expired: nobody was heard of
//
// [Store] keeps records, PIN reservations and counters. Each of its steps touches
// one key and is atomic, so that a Redis Cluster can be one. Package
// session/memory is the engine of one machine, package session/redis that of
// many, and package session/storetest holds what both must do.
//
// [Values] is what an engine may keep for others beside sessions, so that all that
// instances share is in one place, and [Sealed] is how: such as who has signed in,
// which nobody may read or make up who can only reach the engine.
//
// [Manager] is the life of a session over a Store:
//
//   - for the customer: [Manager.Create] for the click, [Manager.Event] for what
//     the page then reports, [Manager.SpendToken] for further tokens;
//   - for the agent: [Manager.List] and [Manager.Watch] for the desk,
//     [Manager.Claim] and [Manager.Release], [Manager.OfferVideo] to continue by
//     video, and [Manager.End] for a supervisor;
//   - for the house: [Manager.Sweep] for customers who left without a word, and
//     [Manager.Zoom] for Zoom's webhooks.
//
// # How the gate holds
//
// One winner: a claim is a compare-and-swap of the record on its revision, and
// it is decided on the very revision that it replaces: the state, the PIN's
// HMAC, the PIN's end of life and the other claimants are all in there. Two
// agents cannot both replace the same revision, whatever instance they came by.
//
// Guessing: six digits are found by chance where 1,000 customers wait, so the
// limiter protects, not the PIN. A try is counted before anything is looked up,
// for the agent, the client address and the site, in counters that all
// instances share, and given back when it succeeds. Everything that is refused
// is refused in the same words after the same time ([ErrRefused]); the reason
// stays in [RefusalError] for the audit record.
//
// Confidentiality: what a neighbour in Redis can read is the customer's name,
// the page and the agents' names. A PIN is stored as its HMAC (to be found) and
// sealed with AES-GCM (to be shown to the agent who has claimed it, and to
// nobody else); addresses and agents in counters are HMACs. All keys come from
// the SDK secret by HKDF (RFC 5869).
//
// Restart: the customer holds a signed ticket. Where a store has forgotten a
// session, the next event of the live page puts its record back.
//
// The package knows nothing of HTTP; its callers map errors to status codes:
//
//	400  ErrInvalid                   404  ErrNotFound
//	401  ErrTicket                    409  ErrClaimed, ErrPINTaken, ErrNoPIN
//	403  ErrRefused, ErrNotClaimed    410  ErrOver
//	429  ErrLimited, with the Retry-After of [LimitError]
//	503  ErrFull, ErrUnavailable, with a Retry-After
//
// An error that wraps [context.Canceled] is no fault of the store, which must
// not be blamed for it: whoever asked has gone, and reads no answer (408, RFC
// 9110, 15.5.9, is as good as any). A [RefusalError] can be beside it. A deadline
// of the caller's that passes is ErrUnavailable: nothing answered in time.
package session
