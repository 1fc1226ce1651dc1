package proxy

import (
	"context"
	"errors"
	"io"
	"mime"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session"
)

// fault is an error of our own endpoints for sessions, as it is answered. The
// token routes, which keep Zoom's envelope, have refusal instead.
type fault struct {
	status              int
	code, title, detail string
	wait                time.Duration // for Retry-After; 0 means none
	login               string        // where an agent can sign in
}

// write answers with problem+json.
func (f *fault) write(w http.ResponseWriter) {
	if f.wait > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(wholeSeconds(f.wait)))
	}
	if f.status == http.StatusMethodNotAllowed {
		w.Header().Set("Allow", http.MethodPost)
	}
	writeJSON(w, f.status, "application/problem+json", struct {
		problem
		Login string `json:"login,omitempty"`
	}{problem{f.title, f.status, f.detail, f.code}, f.login})
}

// shortWait is when to try again after a fault that may pass by itself.
const shortWait = 5 * time.Second

// Faults that several endpoints answer.
var (
	faultMethod = &fault{status: http.StatusMethodNotAllowed, code: "method-not-allowed", title: "Method not allowed", detail: "This path answers POST only."}
	faultMedia  = &fault{status: http.StatusUnsupportedMediaType, code: "media-type", title: "Unsupported media type", detail: "Content-Type must be application/json."}
	faultSize   = &fault{status: http.StatusRequestEntityTooLarge, code: "too-large", title: "Body too large", detail: "The body is larger than 8 KiB."}
	faultBody   = &fault{status: http.StatusBadRequest, code: "bad-request", title: "Bad request", detail: "The body is not a JSON object of the expected form."}
	faultGone   = &fault{status: http.StatusRequestTimeout, code: "gone", title: "Client has gone", detail: "The request was given up."}
	faultStore  = &fault{status: http.StatusServiceUnavailable, code: "unavailable", title: "Not available", detail: "Sessions cannot be looked after at the moment. Try again in a few seconds.", wait: shortWait}
)

// readJSON lets a POST request of a page of this site pass, and reads its body
// into the struct that into points to, as [decodeStrict] does.
func readJSON(w http.ResponseWriter, r *http.Request, origins originPolicy, into any) *fault {
	if r.Method != http.MethodPost {
		return faultMethod
	}
	if f := checkSameOrigin(origins, r); f != nil {
		return f
	}
	if mediaType, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || mediaType != "application/json" {
		return faultMedia
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxTokenBody))
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		return faultSize
	case err != nil, decodeStrict(body, into) != nil:
		return faultBody
	}
	return nil
}

// checkSameOrigin admits requests of the site's own pages only: what these
// endpoints answer is nobody else's business, on whatever origin.
func checkSameOrigin(origins originPolicy, r *http.Request) *fault {
	readable, why := origins.check(r.Header)
	site, _ := single(r.Header["Sec-Fetch-Site"])
	if why == "" && readable != "" && site != "" {
		why = originNotFromPage // a configured origin, but another one than this page's
	}
	if why == "" {
		return nil
	}
	return &fault{status: http.StatusForbidden, code: "origin", title: "Not a request of this site's", detail: why}
}

// tooMany is the fault of a limit.
func tooMany(wait time.Duration) *fault {
	return &fault{
		status: http.StatusTooManyRequests, code: "rate-limited", title: "Too many requests",
		detail: "Try again in " + strconv.Itoa(wholeSeconds(wait)) + " s.", wait: wait,
	}
}

// sessionFault translates the errors of a session.Manager. Faults that are not
// the client's are the store's, and closed.
func sessionFault(err error) *fault {
	var limit *session.LimitError
	switch {
	case errors.As(err, &limit):
		return tooMany(limit.RetryAfter)
	case errors.Is(err, session.ErrInvalid):
		return faultBody
	case errors.Is(err, context.Canceled):
		return faultGone
	case errors.Is(err, session.ErrTicket):
		return &fault{status: http.StatusUnauthorized, code: "ticket", title: "Not this session's ticket", detail: "The ticket is not one of this session, or too old."}
	case errors.Is(err, session.ErrOver):
		return &fault{status: http.StatusGone, code: "over", title: "Session is over", detail: "The session has ended."}
	case errors.Is(err, session.ErrNotFound):
		return &fault{status: http.StatusNotFound, code: "not-found", title: "No such session", detail: "There is no such session, or no longer."}
	case errors.Is(err, session.ErrPINTaken):
		return &fault{status: http.StatusConflict, code: "pin-taken", title: "PIN is taken", detail: "Another live session has this PIN. Start again to get another one."}
	case errors.Is(err, session.ErrClaimed):
		return &fault{status: http.StatusConflict, code: "claimed", title: "Session is taken", detail: "A colleague has taken this session."}
	case errors.Is(err, session.ErrNoPIN):
		return &fault{status: http.StatusConflict, code: "no-pin", title: "Session is not ready", detail: "The customer has no PIN yet. Try again in a moment.", wait: shortWait}
	case errors.Is(err, session.ErrRefused):
		return &fault{status: http.StatusForbidden, code: "pin-refused", title: "PIN is not accepted", detail: "No waiting customer has this PIN, or it was tried too often. Ask the customer to read it again."}
	}
	return faultStore
}

// agentFault translates the errors of an AgentIdentifier.
func agentFault(err error) *fault {
	switch {
	case errors.Is(err, agent.ErrNotConfigured):
		return &fault{status: http.StatusForbidden, code: "not-configured", title: "Nobody is an agent", detail: "Nothing says who is an agent. The operator opens the desk with `agents`, as the README tells."}
	case errors.Is(err, agent.ErrUnidentified):
		return &fault{status: http.StatusForbidden, code: "not-signed-in", title: "Not signed in", detail: "This is for agents, and you are not identified as one.", login: agent.SignInPath(err)}
	}
	return &fault{status: http.StatusServiceUnavailable, code: "unavailable", title: "Not available", detail: "Agents cannot be identified at the moment.", wait: shortWait}
}

// addr is the client's address as a session.Manager counts it: not valid where
// it is unknown, as on a Unix socket.
func addr(client string) netip.Addr { return clientKey(client).Addr() }
