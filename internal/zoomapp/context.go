package zoomapp

import (
	"bytes"
	"crypto/cipher"
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"time"
)

// Rules for the times of a context. Genuine ones live two minutes.
const (
	issuer = "marketplace.zoom.us"
	// maxAhead is how far in the future exp may lie.
	maxAhead = 10 * time.Minute
	// maxSkew is how far in the future ts may lie.
	maxSkew = time.Minute
)

// Context is what Zoom says about the user who opened the app. Only UserID is
// sure to be there. Contexts name no account and no e-mail address.
type Context struct {
	// UserID is Zoom's ID of the user (uid).
	UserID string
	// Type is where the app runs, such as "panel" or "meeting" (typ). More exist
	// than are documented: a label, nothing to decide on.
	Type string
	// MeetingID is Zoom's ID of the meeting, where there is one (mid).
	MeetingID string
	// AttendeeRole is the user's role in the meeting (attendrole).
	AttendeeRole string
	// Action is that of the deep link that opened the app (act).
	Action string
	// ExpiresAt is when the context ends (exp).
	ExpiresAt time.Time
}

// Sealer opens contexts for one Zoom App. It is safe for concurrent use.
type Sealer struct {
	clientID string
	block    cipher.Block
	now      func() time.Time
}

// NewSealer returns a Sealer. The client secret is that of the app, as text; a
// nil clock is time.Now.
func NewSealer(clientID, clientSecret string, now func() time.Time) (*Sealer, error) {
	switch {
	case strings.TrimSpace(clientID) == "":
		return nil, fmt.Errorf("zoomapp client_id is empty: set it to the client ID of the app in Zoom's Marketplace")
	case strings.TrimSpace(clientSecret) == "":
		return nil, fmt.Errorf("zoomapp client_secret is empty: set it to the client secret of the app in Zoom's Marketplace; with an empty one anybody could be an agent")
	case clientSecret != strings.TrimSpace(clientSecret) || clientID != strings.TrimSpace(clientID):
		return nil, fmt.Errorf("zoomapp client_id or client_secret begins or ends with white space, such as a file's last newline: remove it")
	case clientID == clientSecret:
		return nil, fmt.Errorf("zoomapp client_secret equals client_id, which is public: the secret is the other value")
	}
	block, err := newBlock(clientSecret)
	if err != nil {
		return nil, err
	}
	if now == nil {
		now = time.Now
	}
	return &Sealer{clientID: clientID, block: block, now: now}, nil
}

// Open opens a context, as it came in the header or from zoomSdk.getAppContext,
// and checks everything that can be checked without the list of agents. The error
// is a [ContextError].
func (s *Sealer) Open(sealed string) (Context, error) {
	plain, err := unseal(s.block, sealed)
	if err != nil {
		return Context{}, err
	}
	members, err := decodeObject(plain)
	if err != nil {
		return Context{}, err
	}
	switch {
	case members.text("iss") != issuer:
		return Context{}, ErrIssuer
	case members.text("aud") != s.clientID:
		return Context{}, ErrAudience
	}
	expires, err := members.checkTimes(s.now())
	if err != nil {
		return Context{}, err
	}
	c := Context{
		UserID:       members.text("uid"),
		Type:         members.text("typ"),
		MeetingID:    members.text("mid"),
		AttendeeRole: members.text("attendrole"),
		Action:       members.text("act"),
		ExpiresAt:    expires,
	}
	if c.UserID == "" {
		return Context{}, ErrNoUser // a guest, who has an iid instead
	}
	return c, nil
}

// object is the members of a JSON object, still encoded, so that names are
// matched with regard to case and types are exact.
type object map[string]json.RawMessage

// decodeObject wants one JSON value, an object, with nothing behind it. Of
// duplicate members the last one counts.
func decodeObject(plain []byte) (object, error) {
	if !json.Valid(plain) {
		return nil, ErrNotJSON
	}
	if !bytes.HasPrefix(bytes.TrimLeft(plain, " \t\r\n"), []byte("{")) {
		return nil, ErrNotObject
	}
	var members object
	if err := json.Unmarshal(plain, &members); err != nil {
		return nil, ErrNotJSON
	}
	return members, nil
}

// text returns a member that is a string, "" where it is anything else.
func (o object) text(name string) string {
	var value any
	if json.Unmarshal(o[name], &value) != nil {
		return ""
	}
	s, _ := value.(string)
	return s
}

// milliseconds returns a member that is a number. A number that is too large is
// infinite.
func (o object) milliseconds(name string) (ms float64, ok bool) {
	decoder := json.NewDecoder(bytes.NewReader(o[name]))
	decoder.UseNumber()
	var value any
	if decoder.Decode(&value) != nil {
		return 0, false
	}
	number, ok := value.(json.Number)
	if !ok {
		return 0, false
	}
	ms, err := number.Float64()
	if err != nil && !math.IsInf(ms, 0) {
		return 0, false
	}
	return ms, true
}

// checkTimes checks exp and ts, both in milliseconds since 1970. Exactly at exp a
// context is still good, as in Zoom's samples. ts may be missing: exp bounds the
// life by itself.
func (o object) checkTimes(now time.Time) (expires time.Time, err error) {
	current := float64(now.UnixMilli())
	raw, present := o["exp"]
	exp, isNumber := o.milliseconds("exp")
	switch {
	case present && !isNumber:
		return time.Time{}, ErrExpType
	case len(raw) == 0 || exp == 0:
		return time.Time{}, ErrNoExp
	case exp < current:
		return time.Time{}, ErrExpired
	}
	if _, present := o["ts"]; present {
		ts, isNumber := o.milliseconds("ts")
		switch {
		case !isNumber:
			return time.Time{}, ErrTSType
		case ts > current+float64(maxSkew.Milliseconds()):
			return time.Time{}, ErrEarly
		}
	}
	if exp > current+float64(maxAhead.Milliseconds()) {
		return time.Time{}, ErrLongLived
	}
	return time.UnixMilli(int64(exp)), nil
}
