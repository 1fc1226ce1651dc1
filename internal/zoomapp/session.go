package zoomapp

import (
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// CookieName is the session's cookie. The prefix makes browsers refuse one that
// another host, another path or plain HTTP has set (RFC 6265bis, section 4.1.3.2).
const CookieName = "__Host-cobrowse-zoomapp"

// sessionCodec writes and reads signed sessions. A session names the user, its
// end and a number of its own, and nothing else: who the user is, the list of
// agents says.
type sessionCodec struct {
	key    []byte
	now    func() time.Time
	random io.Reader
}

// newSessionCodec derives the signing key from the client secret (RFC 5869), so
// that sessions outlive a restart, and hold on every instance of the proxy.
func newSessionCodec(clientID, clientSecret string, now func() time.Time, random io.Reader) (sessionCodec, error) {
	key, err := hkdf.Key(sha256.New, []byte(clientSecret), nil, "cobrowse-proxy zoomapp session 1 "+clientID, sha256.Size)
	if err != nil {
		return sessionCodec{}, fmt.Errorf("deriving the session key: %w", err)
	}
	return sessionCodec{key: key, now: now, random: random}, nil
}

func (c sessionCodec) mac(payload string) []byte {
	mac := hmac.New(sha256.New, c.key)
	mac.Write([]byte(payload))
	return mac.Sum(nil)
}

// content is what a session's cookie says.
type content struct {
	uid string
	// number tells sessions apart; it is the same for as long as the session is
	// continued.
	number  string
	expires time.Time
}

// seal writes a session: end, uid, random number and HMAC-SHA256, each encoded and
// separated by dots.
func (c sessionCodec) seal(s content) string {
	payload := strconv.FormatInt(s.expires.Unix(), 10) + "." + base64.RawURLEncoding.EncodeToString([]byte(s.uid)) + "." + s.number
	return payload + "." + base64.RawURLEncoding.EncodeToString(c.mac(payload))
}

// randomText returns size random bytes in base64url.
func randomText(random io.Reader, size int) (string, error) {
	raw := make([]byte, size)
	if _, err := io.ReadFull(random, raw); err != nil {
		return "", fmt.Errorf("reading randomness: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(raw), nil
}

// open reads a session. The error is [ErrBadSession] or [ErrSessionExpired].
func (c sessionCodec) open(value string) (content, error) {
	end := strings.LastIndexByte(value, '.')
	if end < 0 {
		return content{}, ErrBadSession
	}
	payload := value[:end]
	mac, err := base64.RawURLEncoding.Strict().DecodeString(value[end+1:])
	if err != nil || !hmac.Equal(mac, c.mac(payload)) {
		return content{}, ErrBadSession
	}
	seconds, rest, _ := strings.Cut(payload, ".")
	encoded, number, _ := strings.Cut(rest, ".")
	expires, errExpires := strconv.ParseInt(seconds, 10, 64)
	uid, errUID := base64.RawURLEncoding.DecodeString(encoded)
	switch {
	case errExpires != nil || errUID != nil:
		return content{}, ErrBadSession // out of reach: we signed it
	case c.now().Unix() >= expires:
		return content{}, ErrSessionExpired
	}
	return content{string(uid), number, time.Unix(expires, 0)}, nil
}

// Session is a session that a request belongs to.
type Session struct {
	// ID is a digest: it names the session for as long as it is continued, and is
	// no key to it.
	ID string `json:"id"`
	// UserID is Zoom's ID of the user.
	UserID string `json:"user_id"`
}

// AgentID is the ID of the session's user, as in [Agent].
func (s Session) AgentID() string { return agentID(s.UserID) }

func (s content) session() Session {
	return Session{ID: digest("session\x00" + s.uid + "\x00" + s.number), UserID: s.uid}
}

// BeginSession returns the session of a user whose context has been verified, and
// its cookie, which must reach the browser over HTTPS. It continues the session of
// r where that is the user's, so that opening the app again ends nothing that is
// under way in it; else it begins one. It fails where the source of randomness
// does.
func (a *App) BeginSession(r *http.Request, uid string) (Session, *http.Cookie, error) {
	s := content{uid: uid, expires: a.sessions.now().Add(a.ttl)}
	if cookies := r.CookiesNamed(CookieName); len(cookies) == 1 {
		if old, err := a.sessions.open(cookies[0].Value); err == nil && old.uid == uid {
			s.number = old.number
		}
	}
	if s.number == "" {
		var err error
		if s.number, err = randomText(a.sessions.random, 16); err != nil {
			return Session{}, nil, err
		}
	}
	return s.session(), a.cookie(a.sessions.seal(s), int(a.ttl/time.Second)), nil
}

// SessionOf returns the session of r, whose user is on the list of agents. A
// context in the header counts for nothing here. Errors are those of
// [App.Identify].
func (a *App) SessionOf(r *http.Request) (Session, error) {
	switch cookies := r.CookiesNamed(CookieName); len(cookies) {
	case 0:
		// No refusal to log: every customer's request is like this.
		return Session{}, fmt.Errorf("%w: %w", ErrUnidentified, ErrNoSession)
	case 1:
		s, err := a.sessions.open(cookies[0].Value)
		if err != nil {
			return Session{}, a.refuse(err, "")
		}
		if _, err := a.agent(s.uid); err != nil {
			return Session{}, err
		}
		return s.session(), nil
	}
	return Session{}, a.refuse(ErrBadSession, "")
}

// EndSession returns the cookie that ends a session in the browser. A copy of the
// old cookie is good until it expires; taking the user off the list ends that.
func (a *App) EndSession() *http.Cookie { return a.cookie("", -1) }

func (a *App) cookie(value string, maxAge int) *http.Cookie {
	sameSite := http.SameSiteLaxMode
	if a.pwa {
		sameSite = http.SameSiteNoneMode // in a frame of Zoom's web client it is a third party's
	}
	return &http.Cookie{ //nolint:gosec // G124: SameSite is set, from a variable
		Name: CookieName, Value: value, Path: "/", MaxAge: maxAge,
		Secure: true, HttpOnly: true, SameSite: sameSite, Partitioned: a.pwa,
	}
}

// fromSession finds the agent by the session's cookie.
func (a *App) fromSession(r *http.Request) (Agent, error) {
	session, err := a.SessionOf(r)
	if err != nil {
		return Agent{}, err
	}
	return a.agent(session.UserID)
}

// Strip takes the context, the session and the cookie of an install off a request
// on its way to the site: all are worth something to whoever reads them there.
func Strip(h http.Header) {
	delete(h, HeaderName)
	var kept []string
	stripped := false
	for _, field := range h["Cookie"] {
		var pairs []string
		for pair := range strings.SplitSeq(field, ";") {
			switch name, _, _ := strings.Cut(strings.TrimSpace(pair), "="); name {
			case CookieName, InstallCookie:
				stripped = true
			default:
				pairs = append(pairs, pair)
			}
		}
		if field = strings.TrimSpace(strings.Join(pairs, ";")); field != "" {
			kept = append(kept, field)
		}
	}
	switch {
	case !stripped: // the site gets what the browser sent, byte for byte
	case kept == nil:
		delete(h, "Cookie")
	default:
		h["Cookie"] = kept
	}
}
