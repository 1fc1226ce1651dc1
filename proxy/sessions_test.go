package proxy

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/audit"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session/memory"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/token"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/webhook"
)

// office is a help desk under test: an agent is who names themselves in the
// header Agent, a supervisor has the header Boss as well.
type office struct {
	t      *testing.T
	m      *Middleware
	clock  *fakeClock
	log    lockedLog
	client string
	counts *tokenCounts // where the test counts tokens

	mu     sync.Mutex
	lines  []audit.Record
	posted []webhook.Event
	fail   error // of the audit record

	appending func(AuditRecord) // called before a line is written
}

// lockedLog is a log that may be read while others write.
type lockedLog struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (o *office) Append(_ context.Context, r AuditRecord) error {
	if o.appending != nil {
		o.appending(r)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.fail != nil {
		return o.fail
	}
	o.lines = append(o.lines, r)
	return nil
}

func (o *office) Post(e WebhookEvent) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.posted = append(o.posted, e)
}

// events are those of the audit record, with who and why.
func (o *office) events() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	var events []string
	for _, l := range o.lines {
		events = append(events, strings.TrimRight(fmt.Sprintf("%s %s %s %s", l.Event, l.Outcome, l.AgentID, l.Reason), " "))
	}
	return events
}

func (o *office) identify(r *http.Request) (Agent, error) {
	name := r.Header.Get("Agent")
	switch name {
	case "":
		return Agent{}, ErrUnidentified
	case "down":
		return Agent{}, errors.New("the directory is down")
	case "elsewhere":
		return Agent{}, &agent.SignInError{Path: "/_cobrowse/login", Err: agent.ErrNoCredential}
	}
	who := Agent{ID: strings.ToLower(name), Name: name, Source: "test"}
	if r.Header.Get("Boss") != "" {
		who.Role = agent.RoleSupervisor
	}
	return who, nil
}

func newOffice(t *testing.T, change func(*Config)) *office {
	t.Helper()
	o := &office{t: t, clock: newFakeClock(time.UnixMilli(vectorNowMS)), client: "192.0.2.1"}
	cfg := Config{
		SDKKey: vectorKey, SDKSecrets: []string{vectorSecret},
		Agents: AgentIdentifierFunc(o.identify), Audit: o, Webhooks: o,
		Limits:   LimitsConfig{TokensPerClient: 1000},
		ClientIP: func(*http.Request) string { return o.client },
		Logger:   slog.New(slog.NewTextHandler(&o.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Now:      o.clock.now,
	}
	if change != nil {
		change(&cfg)
	}
	m, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	o.m = m
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
		if log := o.log.String(); strings.Contains(log, "eyJ") || strings.Contains(log, vectorSecret) {
			t.Error("a token or the secret is in the log")
		}
	})
	return o
}

// post sends a same-origin POST and returns the status and the answer.
func (o *office) post(path string, body any, header ...string) (int, map[string]any) {
	o.t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		o.t.Fatal(err)
	}
	w := o.send(http.MethodPost, path, string(data), header...)
	answer := map[string]any{}
	if w.Body.Len() > 0 {
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
			o.t.Fatalf("%s answers %q", path, w.Body)
		}
	}
	return w.Code, answer
}

func (o *office) send(method, path, body string, header ...string) *httptest.ResponseRecorder {
	o.t.Helper()
	r := httptest.NewRequest(method, "/_cobrowse/"+path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	for i := 0; i < len(header); i += 2 {
		if header[i+1] == "" {
			r.Header.Del(header[i])
		} else {
			r.Header.Set(header[i], header[i+1])
		}
	}
	w := httptest.NewRecorder()
	if err := o.m.ServeHTTP(w, r, func(http.ResponseWriter, *http.Request) error {
		o.t.Errorf("%s reached the site", path)
		return nil
	}); err != nil {
		o.t.Fatal(err)
	}
	return w
}

// must is post for what has to succeed.
func (o *office) must(want int, path string, body any, header ...string) map[string]any {
	o.t.Helper()
	status, answer := o.post(path, body, header...)
	if status != want {
		o.t.Fatalf("%s %v: %d %v, want %d", path, body, status, answer, want)
	}
	return answer
}

// refused is post for what has to fail.
func (o *office) refused(status int, code, path string, body any, header ...string) {
	o.t.Helper()
	got, answer := o.post(path, body, header...)
	if got != status || answer["code"] != code {
		o.t.Errorf("%s %v: %d %v, want %d %s", path, body, got, answer, status, code)
	}
	if answer["token"] != nil || answer["pin"] != nil {
		o.t.Errorf("a refusal gives %v", answer)
	}
}

// waiting is a customer with a PIN.
func (o *office) waiting(pin string) (id, ticket string) {
	o.t.Helper()
	made := o.must(http.StatusCreated, "sessions", map[string]string{"page": "/basket?card=4111"})
	id, ticket = made["id"].(string), made["ticket"].(string)
	if got := o.report(id, ticket, session.EventPIN, "pin", pin); got["state"] != "waiting" {
		o.t.Fatalf("after the PIN: %v", got)
	}
	return id, ticket
}

func (o *office) report(id, ticket string, kind session.EventKind, more ...string) map[string]any {
	o.t.Helper()
	body := map[string]string{"ticket": ticket, "event": string(kind)}
	for i := 0; i < len(more); i += 2 {
		body[more[i]] = more[i+1]
	}
	return o.must(http.StatusOK, "sessions/"+id+"/events", body)
}

func TestSessionFromClickToEnd(t *testing.T) {
	o := newOffice(t, func(c *Config) {
		c.Customer.Identify = func(*http.Request) (string, string) { return "c-17", "Mia Muster" }
	})
	made := o.must(http.StatusCreated, "sessions", map[string]string{"page": "/basket?card=4111"})
	claims := o.verify(made["sdkToken"].(string))
	id, ticket := made["id"].(string), made["ticket"].(string)
	if claims.Role != token.RoleCustomer || claims.UserID != id || claims.UserName != "Mia Muster" || made["token"] != made["sdkToken"] ||
		made["state"] != "created" || made["heartbeat"] != 20.0 || made["pin"] != nil {
		t.Errorf("claims %+v, answer %v", claims, made)
	}
	o.report(id, ticket, session.EventPIN, "pin", "482913")

	joined := o.must(http.StatusOK, "desk/join", map[string]string{"pin": "482 913"}, "Agent", "Ann")
	claims = o.verify(joined["token"].(string))
	if claims.Role != token.RoleAgent || claims.UserID != "ann" || claims.UserName != "Ann" || joined["pin"] != "482913" {
		t.Errorf("claims %+v, PIN %v", claims, joined["pin"])
	}
	seen := joined["session"].(map[string]any)
	if seen["id"] != id || seen["page"] != "/basket" || seen["mine"] != true || seen["customer"].(map[string]any)["name"] != "Mia Muster" {
		t.Errorf("session %v", seen)
	}
	if got := o.report(id, ticket, session.EventAgentJoined); got["state"] != "active" || got["agents"] != 1.0 {
		t.Errorf("after the agent joined: %v", got)
	}
	o.report(id, ticket, session.EventEnded)
	if got := o.report(id, ticket, session.EventHeartbeat); got["state"] != "ended" {
		t.Errorf("after the end: %v", got)
	}
	want := []string{"session.created success", "session.pin_bound success", "session.claimed success ann", "session.ended success  customer"}
	if got := o.events(); !slices.Equal(got, want) {
		t.Errorf("audit %q\n want %q", got, want)
	}
	var types []string
	for _, e := range o.posted {
		types = append(types, fmt.Sprintf("%T", e))
	}
	if want := []string{"webhook.SessionCreated", "webhook.SessionClaimed", "webhook.SessionEnded"}; !slices.Equal(types, want) {
		t.Errorf("webhooks %q, want %q", types, want)
	}
	everything := fmt.Sprintf("%+v %+v %s", o.lines, o.posted, o.log.String())
	for _, secret := range []string{"482913", "4111", ticket, made["token"].(string), joined["token"].(string)} {
		if strings.Contains(everything, secret) {
			t.Errorf("%.12s… is in a record, a webhook or the log", secret)
		}
	}
}

func (o *office) verify(signed string) token.Claims {
	o.t.Helper()
	minter, err := token.New(token.Config{Key: vectorKey, Secrets: []string{vectorSecret}, Now: o.clock.now})
	if err != nil {
		o.t.Fatal(err)
	}
	claims, err := minter.Verify(signed)
	if err != nil {
		o.t.Fatal(err)
	}
	return claims
}

// TestJoinRefused: nobody gets a token without a record that is theirs.
func TestJoinRefused(t *testing.T) {
	o := newOffice(t, nil)
	id, ticket := o.waiting("482913")
	pin := map[string]string{"pin": "482913"}

	o.refused(http.StatusForbidden, "not-signed-in", "desk/join", pin)
	o.refused(http.StatusServiceUnavailable, "unavailable", "desk/join", pin, "Agent", "down")
	o.refused(http.StatusForbidden, "origin", "desk/join", pin, "Agent", "Ann", "Sec-Fetch-Site", "cross-site")
	o.refused(http.StatusForbidden, "origin", "desk/join", pin, "Agent", "Ann", "Sec-Fetch-Site", "")
	o.refused(http.StatusUnsupportedMediaType, "media-type", "desk/join", pin, "Agent", "Ann", "Content-Type", "text/plain")
	o.refused(http.StatusForbidden, "pin-refused", "desk/join", map[string]string{"pin": "000000"}, "Agent", "Ann")
	o.refused(http.StatusNotFound, "not-found", "desk/join", map[string]string{"id": strings.Repeat("0", 32)}, "Agent", "Ann")
	for _, body := range []any{map[string]string{}, map[string]string{"pin": "482913", "id": id}, []int{1}, map[string]int{"pin": 482913}} {
		o.refused(http.StatusBadRequest, "bad-request", "desk/join", body, "Agent", "Ann")
	}

	o.must(http.StatusOK, "desk/join", pin, "Agent", "Ann")
	o.refused(http.StatusForbidden, "pin-refused", "desk/join", pin, "Agent", "Bob")
	o.refused(http.StatusConflict, "claimed", "desk/join", map[string]string{"id": id}, "Agent", "Bob")
	o.must(http.StatusOK, "desk/join", map[string]string{"id": id}, "Agent", "Ann") // again, for a new token
	o.must(http.StatusNoContent, "desk/release", map[string]string{"id": id}, "Agent", "Ann")
	if events := o.events(); events[len(events)-1] != "session.released success ann" {
		t.Errorf("the record does not say who gave it up: %q", events)
	}
	o.must(http.StatusOK, "desk/join", map[string]string{"id": id}, "Agent", "Bob")

	o.report(id, ticket, session.EventEnded)
	o.refused(http.StatusGone, "over", "desk/join", map[string]string{"id": id}, "Agent", "Bob")
}

// TestJoinLockout: guessing is counted, and written down.
func TestJoinLockout(t *testing.T) {
	o := newOffice(t, func(c *Config) { c.Desk.Limits.TriesPerAgent = SessionRate{Max: 3, Window: time.Minute} })
	o.waiting("482913")
	for i := range 5 {
		o.refused(http.StatusForbidden, "pin-refused", "desk/join", map[string]string{"pin": fmt.Sprintf("00000%d", i)}, "Agent", "Eve")
	}
	o.refused(http.StatusForbidden, "pin-refused", "desk/join", map[string]string{"pin": "482913"}, "Agent", "Eve")
	events := o.events()
	if !slices.Contains(events, "agent.lockout refused eve too_many_tries_agent") || !slices.Contains(events, "agent.refused refused eve unknown") {
		t.Errorf("audit %q", events)
	}
	o.must(http.StatusOK, "desk/join", map[string]string{"pin": "482913"}, "Agent", "Ann") // others are not shut out
}

// TestJoinWithoutAudit: no line, no token, and the customer is free for others.
func TestJoinWithoutAudit(t *testing.T) {
	o := newOffice(t, nil)
	id, _ := o.waiting("482913")
	o.fail = errors.New("disk full")
	o.refused(http.StatusServiceUnavailable, "unavailable", "desk/join", map[string]string{"pin": "482913"}, "Agent", "Ann")
	o.must(http.StatusCreated, "sessions", map[string]string{}) // customers are helped nevertheless
	if status, answer := o.post("token", map[string]int{"role": 2}, "Agent", "Ann"); status != http.StatusServiceUnavailable || answer["token"] != nil {
		t.Errorf("role 2 without a record: %d %v", status, answer)
	}
	o.fail = nil
	o.must(http.StatusOK, "desk/join", map[string]string{"id": id}, "Agent", "Bob")
}

func TestSupervisorEnds(t *testing.T) {
	o := newOffice(t, nil)
	id, ticket := o.waiting("482913")
	end := map[string]string{"id": id}
	o.refused(http.StatusForbidden, "not-supervisor", "desk/end", end, "Agent", "Ann")
	o.refused(http.StatusForbidden, "not-signed-in", "desk/end", end, "Boss", "yes")
	o.must(http.StatusNoContent, "desk/end", end, "Agent", "Ann", "Boss", "yes")
	if events := o.events(); events[len(events)-1] != "session.ended success ann supervisor" {
		t.Errorf("the record does not say who ended it: %q", events)
	}
	if got := o.report(id, ticket, session.EventHeartbeat); got["state"] != "ended" {
		t.Errorf("the customer's page learns %v", got)
	}
}

// TestTicket: an event needs the session's own ticket.
func TestTicket(t *testing.T) {
	o := newOffice(t, nil)
	id, ticket := o.waiting("482913")
	other, otherTicket := o.waiting("111222")
	for name, body := range map[string]map[string]string{
		"none":       {"event": "heartbeat"},
		"another's":  {"event": "heartbeat", "ticket": otherTicket},
		"tampered":   {"event": "heartbeat", "ticket": ticket[:len(ticket)-2] + "xx"},
		"an invader": {"event": "session_ended", "ticket": "1.e30.AAAA"},
	} {
		t.Run(name, func(t *testing.T) {
			o.t = t
			o.refused(http.StatusUnauthorized, "ticket", "sessions/"+id+"/events", body)
		})
	}
	o.t = t
	o.refused(http.StatusBadRequest, "bad-request", "sessions/"+id+"/events", map[string]string{"event": "dance", "ticket": ticket})
	o.refused(http.StatusConflict, "pin-taken", "sessions/"+other+"/events", map[string]string{"event": "pincode_updated", "pin": "482913", "ticket": otherTicket})
	o.refused(http.StatusForbidden, "origin", "sessions/"+id+"/events", map[string]string{"event": "heartbeat", "ticket": ticket}, "Origin", "null")
	if w := o.send(http.MethodGet, "sessions/"+id+"/events", ""); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "POST" {
		t.Errorf("GET: %d, Allow %q", w.Code, w.Header().Get("Allow"))
	}
	for _, path := range []string{"sessions/", "sessions//events", "sessions/" + id, "sessions/" + id + "/events/x", "sessions/" + id + "/x/events"} {
		if w := o.send(http.MethodPost, path, "{}"); w.Code != http.StatusNotFound && w.Code != http.StatusBadRequest {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

// TestStoreForgets: a page goes on after the records are gone.
func TestStoreForgets(t *testing.T) {
	store := func() SessionStore {
		s, err := memory.New(memory.Config{Now: func() time.Time { return time.UnixMilli(vectorNowMS) }})
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	before := newOffice(t, func(c *Config) { c.Store = store() })
	id, ticket := before.waiting("482913")
	after := newOffice(t, func(c *Config) { c.Store = store() })
	if got := after.report(id, ticket, session.EventHeartbeat); got["state"] != "created" {
		t.Fatalf("the record is not put back: %v", got)
	}
	after.report(id, ticket, session.EventPIN, "pin", "482913")
	after.must(http.StatusOK, "desk/join", map[string]string{"pin": "482913"}, "Agent", "Ann")
}

// brokenStore fails as one that cannot be reached.
type brokenStore struct{ SessionStore }

func (brokenStore) fault() error {
	return session.Unavailable("asking", errors.New("connection refused"))
}

func (s brokenStore) Create(context.Context, session.Session, time.Duration) (session.Session, error) {
	return session.Session{}, s.fault()
}

func (s brokenStore) Get(context.Context, string) (session.Session, error) {
	return session.Session{}, s.fault()
}

func (s brokenStore) Reserved(context.Context, string) (string, error) { return "", s.fault() }

func (s brokenStore) Hit(context.Context, string, int64, time.Duration) (session.Count, error) {
	return session.Count{}, s.fault()
}

func (s brokenStore) List(context.Context, string, string) ([]session.Session, string, error) {
	return nil, "", s.fault()
}

// TestStoreDown: customers are told to wait, agents get nothing, pages are as
// they were.
func TestStoreDown(t *testing.T) {
	whole, err := memory.New(memory.Config{})
	if err != nil {
		t.Fatal(err)
	}
	o := newOffice(t, func(c *Config) { c.Store = brokenStore{whole} })
	o.refused(http.StatusServiceUnavailable, "unavailable", "sessions", map[string]string{})
	o.refused(http.StatusServiceUnavailable, "unavailable", "desk/join", map[string]string{"pin": "482913"}, "Agent", "Ann")
	w := o.send(http.MethodPost, "token", `{"role":1}`)
	if w.Code != http.StatusServiceUnavailable || w.Header().Get("Retry-After") == "" || strings.Contains(w.Body.String(), "eyJ") {
		t.Errorf("POST token: %d %s", w.Code, w.Body)
	}
	page := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.Header.Set("Sec-Fetch-Dest", "document")
	err = o.m.ServeHTTP(page, r, func(w http.ResponseWriter, _ *http.Request) error {
		w.Header().Set("Content-Type", "text/html")
		_, err := w.Write([]byte("<!DOCTYPE html><head></head>"))
		return err
	})
	if err != nil || !strings.Contains(page.Body.String(), "/_cobrowse/loader-") {
		t.Errorf("a page: %v %s", err, page.Body)
	}
}

func TestSessionLimits(t *testing.T) {
	o := newOffice(t, func(c *Config) {
		c.Desk.Limits.SessionsPerAddress = SessionRate{Max: 2, Window: time.Minute}
		c.Desk.Limits.TokensPerSite = SessionRate{Max: 3, Window: 24 * time.Hour}
	})
	o.must(http.StatusCreated, "sessions", map[string]string{})
	o.must(http.StatusOK, "token", map[string]int{"role": 1})
	o.refused(http.StatusTooManyRequests, "rate-limited", "sessions", map[string]string{})
	o.client = "2001:db8::1"
	o.must(http.StatusCreated, "sessions", map[string]string{})
	o.client = "192.0.2.9" // the day's budget is the site's
	w := o.send(http.MethodPost, "sessions", "{}")
	if w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" {
		t.Errorf("over the budget: %d, Retry-After %q", w.Code, w.Header().Get("Retry-After"))
	}
}

func TestBYOP(t *testing.T) {
	o := newOffice(t, func(c *Config) { c.Desk.PINs = "byop" })
	made := o.must(http.StatusCreated, "sessions", map[string]string{})
	pin, _ := made["pin"].(string)
	_, claims := decodeToken(t, made["token"].(string), vectorSecret)
	if len(pin) < 6 || len(pin) > 10 || claims["enable_byop"] != 1.0 {
		t.Fatalf("PIN %q, claims %v", pin, claims)
	}
	o.report(made["id"].(string), made["ticket"].(string), session.EventPIN, "pin", pin)
	joined := o.must(http.StatusOK, "desk/join", map[string]string{"pin": pin}, "Agent", "Ann")
	if joined["pin"] != pin {
		t.Errorf("the desk shows PIN %v, want %s", joined["pin"], pin)
	}
}

// TestExpiry: who leaves without a word is written down, once.
func TestExpiry(t *testing.T) {
	o := newOffice(t, nil)
	o.waiting("482913")
	o.clock.advance(4 * time.Minute)
	o.m.routes.help.sweeper.sweep()
	o.m.routes.help.sweeper.sweep()
	events := o.events()
	if n := len(events); n != 3 || events[2] != "session.ended success  silence" && events[2] != "session.ended success  unclaimed" {
		t.Errorf("audit %q", events)
	}
}

func TestClientAddress(t *testing.T) {
	for in, want := range map[string]string{
		"192.0.2.1": "192.0.2.1", "192.0.2.1:99": "192.0.2.1", "2001:db8::5:1": "2001:db8::", "@": "invalid IP",
	} {
		if got := addr(in); got.String() != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
	if addr("@") != (netip.Addr{}) {
		t.Error("an unknown address is one")
	}
}
