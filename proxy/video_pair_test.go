package proxy

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/audit"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/token"
)

// tokenCounts is an Observer that remembers what tokens came to.
type tokenCounts struct {
	noObserver
	mu     sync.Mutex
	counts map[string]int
}

func (c *tokenCounts) Token(role, result string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts[role+" "+result]++
}

func (c *tokenCounts) of(what string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.counts[what]
}

// videoOffice is an office whose sessions can continue by video.
func videoOffice(t *testing.T, change func(*Config)) *office {
	t.Helper()
	counts := &tokenCounts{counts: make(map[string]int)}
	o := newOffice(t, func(c *Config) {
		c.Video = &VideoConfig{SDKKey: "VIDEO_SDK_KEY", SDKSecrets: []string{videoSecret}, Customers: true, Agents: true}
		c.Desk.MaxAgents = 2
		c.Observer = counts
		if change != nil {
			change(c)
		}
	})
	o.counts = counts
	return o
}

// verifyVideo verifies a part.
func (o *office) verifyVideo(part map[string]any) (name string, claims token.VideoClaims) {
	o.t.Helper()
	minter, err := token.NewVideo(token.Config{Key: "VIDEO_SDK_KEY", Secrets: []string{videoSecret}, Now: o.clock.now})
	if err != nil {
		o.t.Fatal(err)
	}
	if claims, err = minter.Verify(part["signature"].(string)); err != nil {
		o.t.Fatal(err)
	}
	return part["sessionName"].(string), claims
}

// offered is a customer's part in what an event is answered, or nil.
func (o *office) offered(id, ticket string, kind session.EventKind) map[string]any {
	o.t.Helper()
	part, _ := o.report(id, ticket, kind)["video"].(map[string]any)
	return part
}

// inSession is a customer whom an agent has joined.
func (o *office) inSession(pin, agent string) (id, ticket string) {
	o.t.Helper()
	id, ticket = o.waiting(pin)
	o.must(http.StatusOK, "desk/join", map[string]string{"pin": pin}, "Agent", agent)
	o.report(id, ticket, session.EventAgentJoined)
	return id, ticket
}

// TestContinueByVideo: an agent offers, and agent and customer of one session get
// matching signatures; those of another session get others, and nobody gets one
// too early or too late.
func TestContinueByVideo(t *testing.T) {
	o := videoOffice(t, func(c *Config) {
		c.Video.CustomerSessions = "help-[0-9]+" // binds names that customers choose
		c.Customer.Identify = func(*http.Request) (string, string) { return "c-17", "Mia Muster" }
	})
	id, ticket := o.waiting("482913")
	joined := o.must(http.StatusOK, "desk/join", map[string]string{"pin": "482913"}, "Agent", "Ann")
	if joined["video"] != true || strings.Contains(fmt.Sprint(joined), "ignature") {
		t.Errorf("joining answers %v", joined)
	}
	if o.offered(id, ticket, session.EventAgentJoined) != nil {
		t.Error("the customer has a signature before anybody has offered video")
	}

	host := o.must(http.StatusOK, "desk/video", map[string]string{"id": id}, "Agent", "Ann")
	name, claims := o.verifyVideo(host)
	if len(name) != len("cobrowse-")+32 || claims.SessionName != name || claims.Role != token.RoleHost || claims.UserIdentity != "ann" || host["userName"] != "Ann" {
		t.Errorf("the agent's part %v: %+v", host, claims)
	}
	attendee := o.offered(id, ticket, session.EventHeartbeat)
	attended, claims := o.verifyVideo(attendee)
	if attended != name || claims.SessionName != name || claims.Role != token.RoleAttendee || claims.UserIdentity == "ann" || attendee["userName"] != "Mia Muster" {
		t.Errorf("the customer's part %v: %+v", attendee, claims)
	}
	for range 3 { // each heartbeat has it, for a page that comes later; it counts once
		if again := o.offered(id, ticket, session.EventHeartbeat); again == nil || again["sessionName"] != name {
			t.Errorf("later: %v", again)
		}
	}
	if o.counts.of("video-host minted") != 1 || o.counts.of("video-attendee minted") != 1 {
		t.Errorf("counted %v", o.counts.counts)
	}
	o.report(id, ticket, session.EventAgentLeft)
	if o.offered(id, ticket, session.EventHeartbeat) != nil {
		t.Error("without an agent there is nobody to talk to")
	}
	if o.offered(id, ticket, session.EventAgentJoined) == nil {
		t.Error("the agent is back, and the offer is not")
	}
	o.report(id, ticket, session.EventEnded)
	if o.offered(id, ticket, session.EventHeartbeat) != nil {
		t.Error("a customer whose session is over has a signature")
	}
	o.refused(http.StatusGone, "over", "desk/video", map[string]string{"id": id}, "Agent", "Ann")

	other, _ := o.inSession("771204", "Ann")
	if otherName, _ := o.verifyVideo(o.must(http.StatusOK, "desk/video", map[string]string{"id": other}, "Agent", "Ann")); otherName == name {
		t.Errorf("another session has the name %q too", otherName)
	}
}

// TestVideoColleagues: two agents of one session come to the same call; who gives
// the claim up takes the own offer along, and nobody else's.
func TestVideoColleagues(t *testing.T) {
	o := videoOffice(t, nil)
	id, ticket := o.inSession("482913", "Ann")
	o.must(http.StatusOK, "desk/join", map[string]string{"id": id}, "Agent", "Bob")
	what := map[string]string{"id": id}
	first, _ := o.verifyVideo(o.must(http.StatusOK, "desk/video", what, "Agent", "Ann"))
	o.offered(id, ticket, session.EventHeartbeat)
	second, claims := o.verifyVideo(o.must(http.StatusOK, "desk/video", what, "Agent", "Bob"))
	if first != second || claims.UserIdentity != "bob" {
		t.Errorf("%q and %q, %+v", first, second, claims)
	}
	o.offered(id, ticket, session.EventHeartbeat)
	if o.counts.of("video-attendee minted") != 2 {
		t.Errorf("two offers count %d times", o.counts.of("video-attendee minted"))
	}
	o.must(http.StatusNoContent, "desk/release", what, "Agent", "Ann")
	if o.offered(id, ticket, session.EventHeartbeat) == nil {
		t.Error("Bob's offer has gone with Ann")
	}
	o.must(http.StatusNoContent, "desk/release", what, "Agent", "Bob")
	if o.offered(id, ticket, session.EventHeartbeat) != nil {
		t.Error("the offer outlives the claim")
	}
	o.refused(http.StatusForbidden, "not-claimed", "desk/video", what, "Agent", "Bob")
}

// TestVideoOfferRefused: what an attacker would try.
func TestVideoOfferRefused(t *testing.T) {
	o := videoOffice(t, nil)
	id, ticket := o.inSession("482913", "Ann")
	unclaimed, _ := o.waiting("771204")
	what := map[string]string{"id": id}
	for name, tc := range map[string]struct {
		status int
		code   string
		body   any
		header []string
	}{
		"nobody":           {http.StatusForbidden, "not-signed-in", what, nil},
		"the customer":     {http.StatusForbidden, "not-signed-in", map[string]string{"id": id, "ticket": ticket}, nil},
		"no source":        {http.StatusServiceUnavailable, "unavailable", what, []string{"Agent", "down"}},
		"no claim":         {http.StatusForbidden, "not-claimed", map[string]string{"id": unclaimed}, []string{"Agent", "Ann"}},
		"another's claim":  {http.StatusForbidden, "not-claimed", what, []string{"Agent", "Eve"}},
		"a supervisor":     {http.StatusForbidden, "not-claimed", what, []string{"Agent", "Cleo", "Boss", "yes"}},
		"another site":     {http.StatusForbidden, "origin", what, []string{"Agent", "Ann", "Sec-Fetch-Site", "cross-site"}},
		"no browser":       {http.StatusForbidden, "origin", what, []string{"Agent", "Ann", "Sec-Fetch-Site", ""}},
		"a form":           {http.StatusUnsupportedMediaType, "media-type", what, []string{"Agent", "Ann", "Content-Type", "text/plain"}},
		"no such session":  {http.StatusNotFound, "not-found", map[string]string{"id": strings.Repeat("0", 32)}, []string{"Agent", "Ann"}},
		"no ID":            {http.StatusNotFound, "not-found", map[string]string{}, []string{"Agent", "Ann"}},
		"an ID of rubbish": {http.StatusNotFound, "not-found", map[string]string{"id": "x\u0000\n" + strings.Repeat("y", 500)}, []string{"Agent", "Ann"}},
		"a list":           {http.StatusBadRequest, "bad-request", []int{1}, []string{"Agent", "Ann"}},
	} {
		t.Run(name, func(t *testing.T) {
			o.t = t
			status, answer := o.post("desk/video", tc.body, tc.header...)
			if status != tc.status || answer["code"] != tc.code || answer["signature"] != nil {
				t.Errorf("%d %v, want %d %s", status, answer, tc.status, tc.code)
			}
		})
	}
	o.t = t
	if w := o.send(http.MethodGet, "desk/video?id="+id, "", "Agent", "Ann"); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "POST" {
		t.Errorf("GET: %d, Allow %q", w.Code, w.Header().Get("Allow"))
	}
	if o.offered(id, ticket, session.EventHeartbeat) != nil {
		t.Error("a refused offer reached the customer")
	}
	if o.counts.of("video-host minted") != 0 || o.counts.of("video-host not-claimed") != 3 || o.counts.of("video-host not-signed-in") != 2 {
		t.Errorf("counted %v", o.counts.counts)
	}
	if events := o.events(); !slices.Contains(events, "agent.refused refused eve not-claimed") || slices.ContainsFunc(events, func(e string) bool { return strings.HasPrefix(e, "video.") }) {
		t.Errorf("audit %q", events)
	}
}

// TestVideoRecord: what is written down of an offer, and that nothing has a
// signature in it.
func TestVideoRecord(t *testing.T) {
	o := videoOffice(t, nil)
	id, ticket := o.inSession("482913", "Ann")
	host := o.must(http.StatusOK, "desk/video", map[string]string{"id": id}, "Agent", "Ann")["signature"].(string)
	attendee := o.offered(id, ticket, session.EventHeartbeat)["signature"].(string)
	o.offered(id, ticket, session.EventHeartbeat)
	want := map[string]audit.Record{
		audit.EventVideoOffered: {Role: "video-host", AgentID: "ann", TokenHash: audit.TokenHash(host)},
		audit.EventVideoShown:   {Role: "video-attendee", TokenHash: audit.TokenHash(attendee)},
	}
	seen := 0
	for _, line := range o.lines {
		w, ok := want[line.Event]
		if !ok {
			continue
		}
		seen++
		if line.Role != w.Role || line.AgentID != w.AgentID || line.TokenHash != w.TokenHash || line.Session != id || line.Outcome != audit.Success {
			t.Errorf("the record has %+v", line)
		}
	}
	if seen != len(want) {
		t.Errorf("%d lines in %q", seen, o.events())
	}
	everything := fmt.Sprintf("%+v %+v %s", o.lines, o.posted, o.log.String())
	for _, secret := range []string{host, attendee, strings.Split(host, ".")[2], strings.Split(attendee, ".")[2], ticket, videoSecret} {
		if strings.Contains(everything, secret) {
			t.Errorf("%.12s… is in a record, a webhook or the log", secret)
		}
	}
}

// TestVideoWithoutAudit: no line, no signature for the agent, and no offer.
func TestVideoWithoutAudit(t *testing.T) {
	o := videoOffice(t, nil)
	id, ticket := o.inSession("482913", "Ann")
	early := 0
	o.appending = func(line AuditRecord) { // a slow disk, while the customer's page reports
		if line.Event == audit.EventVideoOffered && o.offered(id, ticket, session.EventHeartbeat) != nil {
			early++
		}
	}
	o.fail = errors.New("disk full")
	o.refused(http.StatusServiceUnavailable, "unavailable", "desk/video", map[string]string{"id": id}, "Agent", "Ann")
	if o.offered(id, ticket, session.EventHeartbeat) != nil || o.counts.of("video-attendee minted") != 0 {
		t.Error("the customer is offered a call in which nobody can be")
	}
	o.fail = nil
	o.must(http.StatusOK, "desk/video", map[string]string{"id": id}, "Agent", "Ann")
	if o.offered(id, ticket, session.EventHeartbeat) == nil {
		t.Error("the second try does not reach the customer")
	}
	if early > 0 {
		t.Error("the customer's signature left before the record had the line")
	}
}

// TestDeskSeesOffer: the desk can say whether the customer knows.
func TestDeskSeesOffer(t *testing.T) {
	o := videoOffice(t, nil)
	id, ticket := o.inSession("482913", "Ann")
	seen := func() any {
		return o.must(http.StatusOK, "desk/join", map[string]string{"id": id}, "Agent", "Ann")["session"].(map[string]any)["video"]
	}
	if got := seen(); got != nil {
		t.Errorf("before: %v", got)
	}
	o.must(http.StatusOK, "desk/video", map[string]string{"id": id}, "Agent", "Ann")
	if got := seen(); got != "offered" {
		t.Errorf("offered: %v", got)
	}
	o.offered(id, ticket, session.EventHeartbeat)
	if got := seen(); got != "shown" {
		t.Errorf("shown: %v", got)
	}
}

// TestNoVideo: the policy must let both sides ask.
func TestNoVideo(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"not configured": func(c *Config) { c.Video = nil },
		"agents only":    func(c *Config) { c.Video.Customers = false },
		"customers only": func(c *Config) { c.Video.Agents = false },
	} {
		t.Run(name, func(t *testing.T) {
			o := videoOffice(t, change)
			id, ticket := o.waiting("482913")
			joined := o.must(http.StatusOK, "desk/join", map[string]string{"pin": "482913"}, "Agent", "Ann")
			reported := o.report(id, ticket, session.EventAgentJoined)
			if joined["video"] != nil || reported["video"] != nil {
				t.Errorf("agent %v, customer %v", joined["video"], reported["video"])
			}
			o.refused(http.StatusNotFound, "not-found", "desk/video", map[string]string{"id": id}, "Agent", "Ann")
			if w := o.send(http.MethodGet, "video", ""); w.Code != http.StatusNotFound {
				t.Errorf("the room answers %d", w.Code)
			}
		})
	}
}

// TestVideoRoom: the page, its header and its files.
func TestVideoRoom(t *testing.T) {
	o := videoOffice(t, nil)
	w := o.send(http.MethodGet, "video", "")
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "text/html; charset=utf-8" {
		t.Fatalf("%d %s", w.Code, w.Header().Get("Content-Type"))
	}
	for field, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "strict-origin", "X-Frame-Options": "DENY", "Cache-Control": "no-store",
		"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Resource-Policy": "same-origin", "Strict-Transport-Security": "",
	} {
		if got := w.Header().Get(field); got != want {
			t.Errorf("%s: %q, want %q", field, got, want)
		}
	}
	if got := w.Header().Get("Content-Security-Policy"); !strings.HasPrefix(got, "default-src 'none';") || !strings.Contains(got, "frame-ancestors 'none'") {
		t.Errorf("policy %q", got)
	}
	if got := w.Header().Get("Permissions-Policy"); !strings.HasPrefix(got, "camera=(self), microphone=(self), display-capture=(self)") {
		t.Errorf("permissions %q", got)
	}
	room := o.m.routes.room
	for _, f := range roomFiles(room) {
		if !strings.Contains(w.Body.String(), "/_cobrowse/"+f.Name) {
			t.Errorf("the page does not name %s", f.Name)
		}
		if got := o.send(http.MethodGet, f.Name, ""); got.Code != http.StatusOK || !strings.Contains(got.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d %s", f.Name, got.Code, got.Header().Get("Cache-Control"))
		}
	}
	if w := o.send(http.MethodPost, "video", "{}"); w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %d, Allow %q", w.Code, w.Header().Get("Allow"))
	}
	if w := o.send(http.MethodHead, "video", ""); w.Code != http.StatusOK || w.Body.Len() != 0 {
		t.Errorf("HEAD: %d, %d bytes", w.Code, w.Body.Len())
	}
	framed := videoOffice(t, func(c *Config) { c.Desk.FrameAncestors = []string{"https://crm.example"} })
	if got := framed.send(http.MethodGet, "video", "").Header().Get("Cross-Origin-Opener-Policy"); got != "unsafe-none" {
		t.Errorf("for a desk in a frame: %q", got)
	}
	if _, err := New(Config{
		SDKKey: vectorKey, SDKSecrets: []string{vectorSecret},
		Video: &VideoConfig{SDKKey: "k", SDKSecrets: []string{videoSecret}, Customers: true, Agents: true, ToolkitVersion: "latest"},
	}); err == nil || !strings.Contains(err.Error(), "video_tokens: toolkit version") {
		t.Errorf("a version that is none: %v", err)
	}
}
