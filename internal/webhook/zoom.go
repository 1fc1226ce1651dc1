package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Headers of Zoom's webhooks (https://developers.zoom.us/docs/api/webhooks/,
// "Verify with Zoom's header").
const (
	HeaderTimestamp = "X-Zm-Request-Timestamp"
	HeaderSignature = "X-Zm-Signature"
)

// MaxBody is the longest body in bytes that [Zoom.Receive] reads. Zoom's are
// below 1 KiB, but for the address of the page.
const MaxBody = 16 << 10

// Tolerance is how far a request's timestamp may be from now, either way.
const Tolerance = 5 * time.Minute

// Errors of [Zoom.Receive]. None shows anything of the request.
var (
	// ErrUnverified: the request is not Zoom's, or not recent. Answer 401.
	ErrUnverified = errors.New("webhook is not verified")
	// ErrPayload: the request is Zoom's and cannot be understood. Answer 400.
	ErrPayload = errors.New("webhook payload is invalid")
)

// ZoomConfig configures [Zoom].
type ZoomConfig struct {
	// Secrets are secret tokens of the app's event subscription, one at least.
	// All verify, so that Zoom's can be changed without losing events.
	Secrets []string
	// Now is the clock; nil means time.Now. It must be safe for concurrent use.
	Now func() time.Time
}

// Zoom checks and reads Zoom's webhooks. It is safe for concurrent use.
type Zoom struct {
	secrets [][]byte
	now     func() time.Time
}

// NewZoom fails where no secret is given, or an empty one: HMAC would take it,
// and everybody could sign.
func NewZoom(cfg ZoomConfig) (*Zoom, error) {
	if len(cfg.Secrets) == 0 {
		return nil, errors.New("webhooks from Zoom: the secret token is missing; copy it from the app's event subscription")
	}
	z := &Zoom{now: cfg.Now}
	if z.now == nil {
		z.now = time.Now
	}
	for i, secret := range cfg.Secrets {
		if strings.TrimSpace(secret) == "" {
			return nil, fmt.Errorf("webhooks from Zoom: secret token %d is empty; copy it from the app's event subscription", i+1)
		}
		z.secrets = append(z.secrets, []byte(secret))
	}
	return z, nil
}

// Delivery is what a verified request says.
type Delivery struct {
	// Name is Zoom's name of the event, such as "cobrowse.session_started".
	Name string
	// ID is the same for copies of one request, and only for those: 32
	// hexadecimal digits. Zoom's own repetitions have a timestamp and so an ID of
	// their own.
	ID string
	// Event is nil for events that are none of the four: answer 2xx nevertheless,
	// or Zoom repeats them and in the end disables the subscription.
	Event *SessionEvent
	// Deauthorized is nil for events other than app_deauthorized.
	Deauthorized *Deauthorization
	// Reply, where it is not nil, must be the body of the answer, with status
	// 200: it proves to Zoom that the address is the app's. Zoom asks when the
	// address is entered, and every 72 hours.
	Reply []byte
}

// Receive verifies a request by its two headers and its body, and reads it.
//
// The endpoint.url_validation event is answered only when it is signed like any
// other. Otherwise anybody could ask for the HMAC of a text of their choice, and
// with that sign events. For the same reason, a plain token that looks like a
// signature's input gets no answer.
func (z *Zoom) Receive(timestamp, signature string, body []byte) (Delivery, error) {
	if len(body) > MaxBody {
		return Delivery{}, fmt.Errorf("%w: longer than %d bytes", ErrPayload, MaxBody)
	}
	secret, err := z.verify(timestamp, signature, body)
	if err != nil {
		return Delivery{}, err
	}
	envelope, err := parseEnvelope(body)
	if err != nil {
		return Delivery{}, err
	}
	id := sha256.Sum256([]byte(timestamp + ":" + string(body)))
	delivery := Delivery{Name: envelope.Event, ID: hex.EncodeToString(id[:16])}
	switch envelope.Event {
	case eventValidation:
		delivery.Reply, err = validationReply(secret, envelope.Payload)
	case eventDeauthorized:
		delivery.Deauthorized, err = envelope.deauthorization()
	default:
		delivery.Event, err = envelope.sessionEvent()
	}
	if err != nil {
		return Delivery{}, err
	}
	return delivery, nil
}

// verify returns the secret that the request was signed with.
func (z *Zoom) verify(timestamp, signature string, body []byte) ([]byte, error) {
	// Ten digits are enough until 2286, and leave one way to write a time.
	seconds, err := strconv.ParseUint(timestamp, 10, 63)
	if err != nil || len(timestamp) != 10 {
		return nil, fmt.Errorf("%w: its timestamp is missing or malformed", ErrUnverified)
	}
	age := z.now().Sub(time.Unix(int64(seconds), 0)) //nolint:gosec // ten digits
	if age > Tolerance || age < -Tolerance {
		return nil, fmt.Errorf("%w: its timestamp is %s away; is the clock right?", ErrUnverified, age.Abs().Truncate(time.Second))
	}
	digits, ok := strings.CutPrefix(signature, "v0=")
	given, err := hex.DecodeString(digits)
	if !ok || err != nil || len(given) != sha256.Size {
		return nil, fmt.Errorf("%w: its signature is missing or malformed", ErrUnverified)
	}
	// All secrets are tried in any case: the time tells nothing.
	var found []byte
	for _, secret := range z.secrets {
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte("v0:" + timestamp + ":"))
		mac.Write(body)
		if hmac.Equal(mac.Sum(nil), given) {
			found = secret
		}
	}
	if found == nil {
		return nil, fmt.Errorf("%w: its signature is of no secret token of ours", ErrUnverified)
	}
	return found, nil
}

// validationReply answers endpoint.url_validation.
func validationReply(secret []byte, payload json.RawMessage) ([]byte, error) {
	var validation struct {
		PlainToken string `json:"plainToken"`
	}
	if err := json.Unmarshal(payload, &validation); err != nil {
		return nil, fmt.Errorf("%w: plainToken", ErrPayload)
	}
	plain := validation.PlainToken
	if plain == "" || len(plain) > 256 || strings.HasPrefix(plain, "v0:") {
		return nil, fmt.Errorf("%w: plainToken", ErrPayload)
	}
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte(plain))
	reply, err := json.Marshal(map[string]string{
		"plainToken": plain, "encryptedToken": hex.EncodeToString(mac.Sum(nil)),
	})
	if err != nil {
		return nil, fmt.Errorf("%w: plainToken", ErrPayload)
	}
	return reply, nil
}
