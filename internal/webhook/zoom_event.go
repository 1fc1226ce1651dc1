package webhook

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/redact"
)

// Names of Zoom's events
// (https://developers.zoom.us/docs/api/cobrowse-sdk/events/).
const (
	ZoomSessionStarted = "cobrowse.session_started"
	ZoomSessionEnded   = "cobrowse.session_ended"
	ZoomUserJoined     = "cobrowse.session_user_joined"
	ZoomUserLeft       = "cobrowse.session_user_left"

	eventValidation = "endpoint.url_validation"
)

// ZoomRole is who a user of a session is. Zoom's values are the two constants;
// a missing value, and one that is not known here, is "".
type ZoomRole string

// Roles.
const (
	RoleCustomer ZoomRole = "customer"
	RoleAgent    ZoomRole = "agent"
)

// SessionEvent is one of the four events. Only Name, At and SessionID are always
// there; Zoom requires account_id and start_time as well, but nothing here
// depends on them.
type SessionEvent struct {
	// Name is one of the four names.
	Name string
	// At is when it happened, to the millisecond: event_ts.
	At time.Time
	// AccountID is Zoom's identifier of the account.
	AccountID string
	// SessionID is Zoom's identifier of the session, which is not the proxy's.
	SessionID string
	// StartTime is when the session began; zero where Zoom does not say.
	StartTime time.Time
	// Role, UserID and UserName are of the user that the event is about. UserID
	// is the user_id claim of the user's token, or Zoom's own; UserName is what
	// the user is called, cleaned.
	Role             ZoomRole
	UserID, UserName string
	// StartURL is the page on which the session began, without user information,
	// query, fragment and path parameters.
	StartURL string
}

// Limits of texts in bytes. Identifiers that are longer are refused, names and
// addresses cut.
const (
	maxID   = 256
	maxName = 256
	maxURL  = 2048
)

// envelope is what all of Zoom's webhooks have in common.
type envelope struct {
	Event   string          `json:"event"`
	EventTS int64           `json:"event_ts"`
	Payload json.RawMessage `json:"payload"`
}

// parseEnvelope reads exactly one JSON object of valid UTF-8.
func parseEnvelope(body []byte) (envelope, error) {
	var parsed envelope
	if !utf8.Valid(body) {
		return envelope{}, fmt.Errorf("%w: not UTF-8", ErrPayload)
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	if err := decoder.Decode(&parsed); err != nil {
		return envelope{}, fmt.Errorf("%w: not the JSON of an event", ErrPayload)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return envelope{}, fmt.Errorf("%w: more than one JSON value", ErrPayload)
	}
	if !isEventName(parsed.Event) {
		return envelope{}, fmt.Errorf("%w: event", ErrPayload)
	}
	return parsed, nil
}

// isEventName keeps what nobody knows out of logs and metrics, but for names of
// Zoom's form.
func isEventName(name string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyz0123456789_."
	return name != "" && len(name) <= 100 && strings.Trim(name, letters) == ""
}

// sessionPayload is the payload of the events about sessions.
type sessionPayload struct {
	AccountID string `json:"account_id"`
	Object    struct {
		SessionID string `json:"session_id"`
		StartTime string `json:"start_time"`
		RoleType  string `json:"role_type"`
		StartURL  string `json:"start_url"`
		UserID    string `json:"user_id"`
		UserName  string `json:"user_name"`
	} `json:"object"`
}

// check refuses identifiers that are missing, or have no identifier's form.
func (p *sessionPayload) check() error {
	switch {
	case p.Object.SessionID == "" || !isID(p.Object.SessionID):
		return fmt.Errorf("%w: session_id", ErrPayload)
	case !isID(p.Object.UserID):
		return fmt.Errorf("%w: user_id", ErrPayload)
	case !isID(p.AccountID):
		return fmt.Errorf("%w: account_id", ErrPayload)
	}
	return nil
}

// sessionEvent returns nil for an event that is none of the four.
func (e envelope) sessionEvent() (*SessionEvent, error) {
	switch e.Event {
	case ZoomSessionStarted, ZoomSessionEnded, ZoomUserJoined, ZoomUserLeft:
	default:
		return nil, nil
	}
	var payload sessionPayload
	if err := json.Unmarshal(e.Payload, &payload); err != nil {
		// encoding/json's text could quote the payload.
		return nil, fmt.Errorf("%w: payload of %s", ErrPayload, e.Event)
	}
	if e.EventTS <= 0 || e.EventTS > maxMillis {
		return nil, fmt.Errorf("%w: event_ts", ErrPayload)
	}
	if err := payload.check(); err != nil {
		return nil, err
	}
	object := payload.Object
	event := &SessionEvent{
		Name: e.Event, At: time.UnixMilli(e.EventTS).UTC(), AccountID: payload.AccountID,
		SessionID: object.SessionID, UserID: object.UserID,
		UserName: redact.Text(object.UserName, maxName), StartURL: redact.Text(redact.Address(object.StartURL), maxURL),
	}
	if role := ZoomRole(object.RoleType); role == RoleCustomer || role == RoleAgent {
		event.Role = role
	}
	if object.StartTime != "" {
		start, err := time.Parse(time.RFC3339, object.StartTime)
		if err != nil {
			return nil, fmt.Errorf("%w: start_time", ErrPayload)
		}
		event.StartTime = start.UTC()
	}
	return event, nil
}

// maxMillis is the end of the year 9999, behind which times have no RFC 3339.
const maxMillis = 253402300799999

// isID reports whether text may be an identifier, or is empty.
func isID(text string) bool { return len(text) <= maxID && redact.Text(text, maxID) == text }
