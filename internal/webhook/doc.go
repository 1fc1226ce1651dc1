// Package webhook takes Zoom's webhooks in and sends the proxy's own out.
//
// # In
//
// Zoom tells when a Cobrowse session starts and ends and who joins and leaves,
// whatever the page in the customer's browser says or fails to say. [Zoom] checks
// that a request really is Zoom's and reads it:
//
//	zoom, err := webhook.NewZoom(webhook.ZoomConfig{Secrets: []string{secretToken}})
//	…
//	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, webhook.MaxBody))
//	delivery, err := zoom.Receive(r.Header.Get(webhook.HeaderTimestamp), r.Header.Get(webhook.HeaderSignature), body)
//	switch {
//	case errors.Is(err, webhook.ErrUnverified): // 401
//	case err != nil:                            // 400
//	case delivery.Reply != nil:                 // 200, application/json, and the reply
//	default:                                    // 204, and what delivery.Event says
//	}
//
// Zoom wants its answer within three seconds and repeats an event that got none
// after 5, 20 and 60 minutes. So answer first and keep slow work for later, and
// make handling idempotent.
//
// Replays: a request is good for [Tolerance] around its timestamp, which is
// signed. Who records one can repeat it that long; [Delivery.ID] is the same for
// each copy. The four events are harmless when repeated (a session that has
// ended ends again), so nothing is remembered here; whoever adds one that is not
// must remember IDs for twice Tolerance, on all instances.
//
// # Out
//
// [Sender] posts [Event]s to one address of the operator's, signed after
// Standard Webhooks 1.0.0 (https://www.standardwebhooks.com), so that receivers
// find a library for their language. It has its own goroutine and a bounded
// queue; a request never waits for it. Events go out in order, one at a time. One
// that is not accepted (any status but 2xx, or none in time) is tried again with
// exponential backoff and jitter, and given up after [SenderConfig.Attempts]. The
// status 410 Gone ends the sending, as the standard has it.
//
// A receiver gets each event at least once while the proxy runs, but for those
// that were given up or came when the queue was full; these are counted. The
// queue is in memory: what must survive a restart belongs into the audit record.
//
// # Payloads
//
// A body is {"type", "timestamp", "data"}; see [SessionCreated],
// [SessionClaimed] and [SessionEnded] for data. None has a PIN or a token, and
// pages come without query.
package webhook
