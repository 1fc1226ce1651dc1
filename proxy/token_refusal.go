package proxy

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/token"
)

const jsonContentType = "application/json; charset=utf-8"

// Results of token requests, as an [Observer] is told them.
const (
	resultMinted        = "minted"
	resultMethod        = "method"         // 405
	resultOrigin        = "origin"         // 403, not a page of the site
	resultRate          = "rate"           // 429
	resultInvalid       = "invalid"        // 400, Zoom's validation or malformed JSON
	resultTooLarge      = "too-large"      // 413
	resultMedia         = "media-type"     // 415
	resultUnidentified  = "unidentified"   // 403, role 2 without an agent
	resultNotConfigured = "not-configured" // 403, role 2 without a source of agents
	resultIdentityFault = "identity-fault" // 503, the source of agents failed
	resultStore         = "store"          // 503, the session store failed
	resultAudit         = "audit"          // 503, the audit record cannot be written
	resultInternal      = "internal"       // 503, no randomness
)

// Reasons of a refused role.
const (
	reasonUnidentified  = "Role 2 is for agents, and you are not identified as one"
	reasonNotConfigured = "Role 2 is closed: nothing says who is an agent. The operator opens it with `agents caddy_user`, as the README tells"
)

// refusal is an answer other than a token.
type refusal struct {
	status int
	result string
	faults token.FieldErrors
	wait   time.Duration // for Retry-After; 0 means none
}

// write answers with Zoom's error envelope.
func (f *refusal) write(w http.ResponseWriter) {
	h := w.Header()
	if f.status == http.StatusMethodNotAllowed {
		h.Set("Allow", http.MethodPost)
	}
	if f.wait > 0 {
		h.Set("Retry-After", strconv.Itoa(wholeSeconds(f.wait)))
	}
	writeJSON(w, f.status, jsonContentType, struct {
		Errors token.FieldErrors `json:"errors"`
	}{f.faults})
}

// wholeSeconds rounds up: who comes a fraction too early is refused again.
func wholeSeconds(d time.Duration) int {
	return int((d + time.Second - 1) / time.Second)
}

// refuse makes a refusal for something that is no property of the body. The
// property then names the part of the request that is at fault, in lower case.
func refuse(status int, result, property, reason string) *refusal {
	return &refusal{status: status, result: result, faults: token.FieldErrors{{Property: property, Reason: reason}}}
}

func refuseMethod() *refusal {
	return refuse(http.StatusMethodNotAllowed, resultMethod, "method", "Only POST is allowed")
}

func refuseOrigin(reason string) *refusal {
	return refuse(http.StatusForbidden, resultOrigin, "origin", reason)
}

func refuseRate(wait time.Duration) *refusal {
	f := refuse(http.StatusTooManyRequests, resultRate, "rate",
		fmt.Sprintf("Too many token requests from this address, try again in %d s", wholeSeconds(wait)))
	f.wait = wait
	return f
}

func refuseBody(reason string) *refusal {
	return refuse(http.StatusBadRequest, resultInvalid, "body", reason)
}

func refuseSize() *refusal {
	return refuse(http.StatusRequestEntityTooLarge, resultTooLarge, "body",
		fmt.Sprintf("Body is larger than %d bytes", maxTokenBody))
}

func refuseMedia(reason string) *refusal {
	return refuse(http.StatusUnsupportedMediaType, resultMedia, "body", reason)
}

// refuseRole is 403 for whoever is no agent, known or not: a 401 would have to
// name a scheme, and which one there is, is the identity source's matter.
func refuseRole(result, reason string) *refusal {
	return refuse(http.StatusForbidden, result, "role", reason)
}

func refuseIdentity() *refusal {
	f := refuse(http.StatusServiceUnavailable, resultIdentityFault, "role", "Agents cannot be identified at the moment")
	f.wait = 5 * time.Second
	return f
}

func refuseInternal() *refusal {
	return refuse(http.StatusServiceUnavailable, resultInternal, "token", "No token can be made at the moment")
}
