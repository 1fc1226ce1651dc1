package audit

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/redact"
)

// Events of a [Record]. Other names are allowed: lower-case words, joined by
// dots and underscores. Those that begin with "audit." are the writer's own.
const (
	EventSessionCreated  = "session.created"
	EventSessionPINBound = "session.pin_bound"
	EventSessionClaimed  = "session.claimed"
	EventSessionEnded    = "session.ended"
	EventTokenIssued     = "token.issued"
	EventTokenRefused    = "token.refused"
	EventAgentRefused    = "agent.refused"
	EventAgentLockout    = "agent.lockout"
	// EventVideoOffered: an agent was given a Video SDK signature, and the
	// customer is offered to continue by video. EventVideoShown: the customer's
	// page was given the other one, for the first time since the offer.
	EventVideoOffered = "video.offered"
	EventVideoShown   = "video.shown"
	// EventConfigChanged: the lines that follow come under other settings; see
	// [Writer.Configured].
	EventConfigChanged = "config.changed"
)

// Outcome is how an attempt ended: the "outcome of the event" of NIST SP
// 800-53, AU-3.
type Outcome string

// Outcomes of a [Record].
const (
	// Success: what was asked for was done.
	Success Outcome = "success"
	// Refused: it was not allowed.
	Refused Outcome = "refused"
	// Failure: it was allowed, and went wrong.
	Failure Outcome = "failure"
)

// Limits of a [Record]'s texts, in bytes of UTF-8.
const (
	// MaxName bounds Event, AgentID, Session and the other short texts.
	MaxName = 256
	// MaxPage bounds Page.
	MaxPage = 2048
)

// ErrInvalidRecord is returned by [Writer.Append] for a record that cannot be
// kept as it is: no event, an outcome that is none, an AgentID or Session that
// is longer than [MaxName] or has control or formatting characters (two people
// must not become one), or a TokenHash or ConfigHash that is none.
var ErrInvalidRecord = errors.New("invalid audit record")

// Record is what one line says, after NIST SP 800-53, AU-3: what happened, when
// and where, its source, its outcome and who was involved. Empty members are
// left out. Time and sequence number are the writer's.
//
// Texts other than Event, Outcome, AgentID, Session and TokenHash may come from
// strangers. They are never a reason to refuse: they are cut to their limit
// (with "…" at the end), and control and formatting characters become U+FFFD, so
// that nobody who prints the file is misled.
type Record struct {
	// Event says what happened: one of the Event constants.
	Event string `json:"event"`
	// Outcome says how it ended.
	Outcome Outcome `json:"outcome"`
	// Reason says why, in a word that a program can count: "wrong_pin".
	Reason string `json:"reason,omitempty"`
	// Site is the host whose page it is about.
	Site string `json:"site,omitempty"`
	// Role is that of the token: "customer", "agent" or, of a Video SDK
	// signature, "video-host" or "video-attendee".
	Role string `json:"role,omitempty"`
	// AgentID identifies the agent for good, and AgentSource says who vouches
	// for it: "oidc", "jwt", "caddy_user".
	AgentID     string `json:"agent_id,omitempty"`
	AgentSource string `json:"agent_source,omitempty"`
	// AgentIP is the agent's address.
	AgentIP string `json:"agent_ip,omitempty"`
	// Session is the proxy's identifier of the session; never a PIN. Tokens of
	// routes that know no session have none.
	Session string `json:"session,omitempty"`
	// CustomerRef is what the site calls its customer.
	CustomerRef string `json:"customer_ref,omitempty"`
	// Page is the customer's page. User information, query, fragment and path
	// parameters (";jsessionid=…") are removed.
	Page string `json:"page,omitempty"`
	// RequestID joins the line to the access log.
	RequestID string `json:"request_id,omitempty"`
	// TokenHash names a token without giving it away; see [TokenHash].
	TokenHash string `json:"token_hash,omitempty"`
	// ConfigHash tells the settings of [EventConfigChanged] from others, and gives
	// none away; see [Writer.Configured].
	ConfigHash string `json:"config_hash,omitempty"`
	// Count is how many such attempts the line stands for, where one line is
	// written for several; the address and the request are then the last one's.
	// 0 means 1.
	Count int64 `json:"count,omitempty"`
}

// TokenHash returns the first 64 bits of the token's SHA-256, as 16 hexadecimal
// digits: enough to find the token's line when the token turns up, and of no
// other use.
func TokenHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:8])
}

var (
	eventPattern = regexp.MustCompile(`^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*$`)
	hashPattern  = regexp.MustCompile(`^[0-9a-f]{16}$`)
)

// reservedPrefix marks the writer's own events.
const reservedPrefix = "audit."

// encode checks and cleans the record and returns it as a JSON object.
func (r Record) encode() ([]byte, error) {
	if err := r.validate(); err != nil {
		return nil, err
	}
	r.Page = redact.Text(redact.Address(r.Page), MaxPage)
	for _, text := range []*string{
		&r.Reason, &r.Site, &r.Role, &r.AgentSource, &r.AgentIP, &r.CustomerRef, &r.RequestID,
	} {
		*text = redact.Text(*text, MaxName)
	}
	return json.Marshal(r)
}

func (r Record) validate() error {
	switch {
	case len(r.Event) > MaxName || !eventPattern.MatchString(r.Event):
		return fmt.Errorf("%w: event %.40q is no lower-case dotted name", ErrInvalidRecord, r.Event)
	case strings.HasPrefix(r.Event, reservedPrefix):
		return fmt.Errorf("%w: event %.40q belongs to the writer", ErrInvalidRecord, r.Event)
	case r.Outcome != Success && r.Outcome != Refused && r.Outcome != Failure:
		return fmt.Errorf("%w: outcome %.40q", ErrInvalidRecord, string(r.Outcome))
	case r.TokenHash != "" && !hashPattern.MatchString(r.TokenHash):
		// Not shown: it could be the token itself.
		return fmt.Errorf("%w: token hash is not from TokenHash", ErrInvalidRecord)
	case r.ConfigHash != "" && !hashPattern.MatchString(r.ConfigHash):
		return fmt.Errorf("%w: config hash is not from Configured", ErrInvalidRecord)
	case r.AgentID != redact.Text(r.AgentID, MaxName):
		return fmt.Errorf("%w: agent id is too long or has control characters", ErrInvalidRecord)
	case r.Session != redact.Text(r.Session, MaxName):
		return fmt.Errorf("%w: session is too long or has control characters", ErrInvalidRecord)
	}
	return nil
}
