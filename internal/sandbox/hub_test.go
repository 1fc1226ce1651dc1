package sandbox

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// fakePeer records what a connection was told.
type fakePeer struct {
	frames   []map[string]any
	finished bool
}

func (p *fakePeer) send(b []byte) {
	var f map[string]any
	if err := json.Unmarshal(b, &f); err != nil {
		panic(err)
	}
	p.frames = append(p.frames, f)
}

func (p *fakePeer) finish(b []byte) {
	p.send(b)
	p.finished = true
}

// last returns the last frame of a type, or nil.
func (p *fakePeer) last(kind string) map[string]any {
	for _, f := range slices.Backward(p.frames) {
		if f["t"] == kind {
			return f
		}
	}
	return nil
}

func (p *fakePeer) count(kind string) int {
	n := 0
	for _, f := range p.frames {
		if f["t"] == kind {
			n++
		}
	}
	return n
}

// stage is a hub with a clock of its own.
type stage struct {
	*hub
	t    *testing.T
	time time.Time
}

func newStage(t *testing.T, change func(*Limits)) *stage {
	t.Helper()
	var l Limits
	if change != nil {
		change(&l)
	}
	l.setDefaults()
	s := &stage{t: t, time: time.Unix(1_800_000_000, 0)}
	s.hub = newHub(l, func() time.Time { return s.time }, rand.Reader)
	return s
}

func (s *stage) pass(d time.Duration) {
	s.time = s.time.Add(d)
	s.sweep()
}

var everything = settings{AgentDraw: true, CustomerDraw: true, Assist: true, Consent: true, MultiTab: true}

func (s *stage) tryStart(browser string, set settings, token, pin string) (*member, *fakePeer, error) {
	p := &fakePeer{}
	m, err := s.start(request{
		message: &message{Type: typeStart, Token: token, Browser: browser, PIN: pin, Page: "https://shop.example/a?q=1#f", Settings: &set},
		claims:  Claims{Role: RoleCustomer, UserID: "customer " + browser, UserName: "Mia"}, address: "192.0.2.1", site: "https://shop.example", peer: p,
	})
	return m, p, err
}

func (s *stage) customer(browser string, set settings) (*member, *fakePeer) {
	s.t.Helper()
	m, p, err := s.tryStart(browser, set, "t", "")
	if err != nil {
		s.t.Fatal(err)
	}
	return m, p
}

func (s *stage) again(first *fakePeer, set settings) (*member, *fakePeer, error) {
	started, p := first.last("started"), &fakePeer{}
	m, err := s.resume(request{
		message: &message{Type: typeResume, ID: started["id"].(string), Secret: started["secret"].(string), Page: "https://shop.example/b", Settings: &set},
		address: "192.0.2.1", peer: p,
	})
	return m, p, err
}

func (s *stage) tryJoin(pin, user, token string) (*member, *fakePeer, error) {
	p := &fakePeer{}
	m, err := s.join(request{
		message: &message{Type: typeJoin, Token: token, PIN: pin},
		claims:  Claims{Role: RoleAgent, UserID: user, UserName: "Agent " + user}, address: "198.51.100.7", peer: p,
	})
	return m, p, err
}

func (s *stage) agent(m *member, user string) (*member, *fakePeer) {
	s.t.Helper()
	a, p, err := s.tryJoin(m.session.pin, user, "token "+user)
	if err != nil {
		s.t.Fatal(err)
	}
	return a, p
}

func (s *stage) do(m *member, msg message) {
	s.t.Helper()
	if err := s.handle(m, &msg); err != nil {
		s.t.Fatalf("%s: %v", msg.Type, err)
	}
}

func wantCode(t *testing.T, err error, want Code) {
	t.Helper()
	var r *refusal
	if !errors.As(err, &r) || r.code != want {
		t.Errorf("error %v, want code %d", err, want)
	}
}

func reason(p *fakePeer) string {
	if f := p.last("ended"); f != nil && p.finished {
		return f["reason"].(string)
	}
	return ""
}

func TestSessionFromStartToEnd(t *testing.T) {
	s := newStage(t, nil)
	c, cp := s.customer("b", everything)
	started := cp.last("started")
	if pin := started["pin"].(string); len(pin) != 6 || strings.Trim(pin, "0123456789") != "" {
		t.Errorf("PIN %q", pin)
	}
	if cp.last("record") != nil {
		t.Error("the customer records without an agent")
	}
	a, ap := s.agent(c, "1")
	if cp.last("agent")["name"] != "Agent 1" || cp.last("record")["on"] != true {
		t.Errorf("the customer was told %v", cp.frames)
	}
	if j := ap.last("joined"); j["page"] != "https://shop.example/a" || j["customer"] != "Mia" || j["here"] != true {
		t.Errorf("the agent was told %v", j)
	}
	s.do(c, message{Type: typeEvents, Events: json.RawMessage(`[{"type":4}]`)})
	if ap.last("events") == nil {
		t.Error("the agent sees nothing")
	}
	s.do(a, message{Type: typePing})
	if ap.last("pong") == nil {
		t.Error("no pong")
	}
	s.do(a, message{Type: typeLeave})
	if cp.last("agent")["on"] != false || cp.last("record")["on"] != false || !ap.finished {
		t.Error("leaving was not told")
	}
	s.do(a, message{Type: typeClear}) // too late: nothing happens
	s.do(c, message{Type: typeEnd})
	if reason(cp) != "customer" || s.count() != 0 {
		t.Errorf("end: %q, %d sessions", reason(cp), s.count())
	}
	s.do(c, message{Type: typeEnd})
	s.drop(c)
}

func TestEnds(t *testing.T) {
	for name, tc := range map[string]struct {
		joined bool
		act    func(*stage, *member, *member)
		want   string
	}{
		"nobody joined in 3 minutes": {false, func(s *stage, _, _ *member) { s.pass(3 * time.Minute) }, "unjoined"},
		"not yet":                    {false, func(s *stage, _, _ *member) { s.pass(3*time.Minute - time.Second) }, ""},
		"an agent is there":          {true, func(s *stage, _, _ *member) { s.pass(time.Hour) }, ""},
		"all agents left 3 minutes ago": {true, func(s *stage, _, a *member) {
			s.do(a, message{Type: typeLeave})
			s.pass(3 * time.Minute)
		}, "unjoined"},
		"agent away for 2 minutes, then 3 alone": {true, func(s *stage, _, a *member) {
			s.drop(a)
			s.pass(2 * time.Minute)
			s.pass(3 * time.Minute)
		}, "unjoined"},
		"its longest life":  {true, func(s *stage, _, _ *member) { s.pass(12 * time.Hour) }, "expired"},
		"the agent ends it": {true, func(s *stage, _, a *member) { s.do(a, message{Type: typeEnd}) }, "agent"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, nil)
			c, cp := s.customer("b", everything)
			var a *member
			if tc.joined {
				a, _ = s.agent(c, "1")
			}
			tc.act(s, c, a)
			if got := reason(cp); got != tc.want {
				t.Errorf("ended %q, want %q", got, tc.want)
			}
		})
	}
}

func TestCustomerAway(t *testing.T) {
	s := newStage(t, nil)
	c, cp := s.customer("b", settings{})
	_, ap := s.agent(c, "1")
	if _, _, err := s.again(cp, settings{}); err == nil {
		t.Error("a second tab came in without multi-tab")
	} else {
		wantCode(t, err, CodeCustomerCount)
	}
	s.drop(c)
	if ap.last("customer")["here"] != false {
		t.Error("the agent does not know")
	}
	s.pass(2*time.Minute - time.Second)
	c, cp2, err := s.again(cp, settings{})
	if err != nil {
		t.Fatal(err)
	}
	if cp2.last("record")["on"] != true || ap.last("customer")["page"] != "https://shop.example/b" {
		t.Error("the next page is not shared")
	}
	s.drop(c)
	s.pass(2 * time.Minute)
	if reason(ap) != "lost" {
		t.Error("the session outlived its customer")
	}
	_, _, err = s.again(cp, settings{})
	wantCode(t, err, CodeJoinFailed)
}

func TestAgentAway(t *testing.T) {
	s := newStage(t, nil)
	c, cp := s.customer("b", everything)
	a, ap := s.agent(c, "1")
	joined := ap.last("joined")
	rejoin := func(user, secret string) (*member, *fakePeer, error) {
		p := &fakePeer{}
		m, err := s.rejoin(request{message: &message{Type: typeRejoin, ID: joined["id"].(string), Secret: secret}, claims: Claims{UserID: user}, peer: p})
		return m, p, err
	}
	s.drop(a)
	if cp.last("record")["on"] != false {
		t.Error("the page is recorded for nobody")
	}
	_, _, err := rejoin("1", "wrong")
	wantCode(t, err, CodeJoinFailed)
	_, _, err = rejoin("2", joined["secret"].(string))
	wantCode(t, err, CodeJoinFailed)
	m, p, err := rejoin("1", joined["secret"].(string))
	if err != nil || cp.last("record")["on"] != true || cp.count("agent") != 1 {
		t.Fatalf("rejoin: %v, %v", err, cp.frames)
	}
	// A newer socket takes the place of one that is not known to be dead.
	m2, _, err := rejoin("1", joined["secret"].(string))
	if err != nil || !p.finished {
		t.Fatalf("second rejoin: %v", err)
	}
	s.drop(m)
	if m2.agent.peer == nil {
		t.Error("the old socket's end took the new one's place")
	}
	s.drop(m2)
	s.pass(2 * time.Minute)
	if cp.last("agent")["on"] != false {
		t.Error("the agent is waited for without end")
	}
}

func TestTabs(t *testing.T) {
	s := newStage(t, nil)
	one, p1 := s.customer("b", everything)
	_, ap := s.agent(one, "1")
	two, p2, err := s.again(p1, everything)
	if err != nil {
		t.Fatal(err)
	}
	if p1.last("active")["on"] != false || p2.last("active")["on"] != true || p2.last("record")["on"] != true {
		t.Error("the newer tab does not share")
	}
	n := ap.count("events")
	s.do(one, message{Type: typeEvents, Events: json.RawMessage(`[]`)})
	if ap.count("events") != n {
		t.Error("a tab that does not share was relayed")
	}
	s.do(one, message{Type: typeFocus})
	if p1.last("active")["on"] != true || p2.last("active")["on"] != false {
		t.Error("focus does not move the sharing")
	}
	s.drop(one)
	if p2.last("active")["on"] != true || ap.last("customer")["page"] != "https://shop.example/b" {
		t.Error("closing the sharing tab does not fall back")
	}
	s.drop(two)
	if ap.last("customer")["here"] != false {
		t.Error("no tab is left, and the agent does not know")
	}
}

func TestRefusedStarts(t *testing.T) {
	s := newStage(t, func(l *Limits) { l.Sessions = 3 })
	one, p1 := s.customer("b", everything)
	_, _, err := s.tryStart("b", everything, "t", "")
	wantCode(t, err, CodeSessionCount)
	s.drop(one) // the page is gone: the same browser may begin anew
	if _, _, err := s.tryStart("b", everything, "t", ""); err != nil {
		t.Error(err)
	}
	_, _, err = s.again(p1, everything)
	wantCode(t, err, CodeJoinFailed)
	for range 2 { // without storage browsers cannot be told apart
		if _, _, err := s.tryStart("", everything, "t", ""); err != nil {
			t.Error(err)
		}
	}
	_, _, err = s.tryStart("c", everything, "t", "")
	wantCode(t, err, CodeStartFailed)
	s.random = bytes.NewReader(nil)
	s.limits.Sessions = 100
	_, _, err = s.tryStart("d", everything, "t", "")
	wantCode(t, err, CodeUndefined)
}

func TestCustomPINs(t *testing.T) {
	s := newStage(t, nil)
	byop := "h." + base64.RawURLEncoding.EncodeToString([]byte(`{"enable_byop":1}`)) + ".s"
	for _, tc := range []struct {
		name, token, pin string
		want             Code
	}{
		{"missing", byop, "", CodePINRequired},
		{"too long", byop, "abcdefghijk", CodePINFormat},
		{"not alphanumeric", byop, "a-b", CodePINFormat},
		{"letters of others", byop, "\u00e4", CodePINFormat},
		{"good", byop, "Ab1", 0},
		{"in use", byop, "aB1", CodePINConflict},
		{"without BYOP it is ignored", "h.e30.s", "XYZ", 0},
		{"no JWT", "x", "XYZ", 0},
		{"no JSON", "h.!!.s", "XYZ", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			m, _, err := s.tryStart(tc.name, everything, tc.token, tc.pin)
			if tc.want != 0 {
				wantCode(t, err, tc.want)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if own := m.session.pin == strings.ToUpper(tc.pin); own != (tc.token == byop) {
				t.Errorf("PIN %q", m.session.pin)
			}
		})
	}
}

func TestRefusedJoins(t *testing.T) {
	s := newStage(t, nil)
	c, _ := s.customer("b", everything)
	for i := range 5 {
		s.agent(c, fmt.Sprint(i))
	}
	_, _, err := s.tryJoin(c.session.pin, "sixth", "t")
	wantCode(t, err, CodeAgentCount)
	_, _, err = s.tryJoin(c.session.pin, "3", "t")
	wantCode(t, err, CodeDuplicateUser)
	_, _, err = s.tryJoin(c.session.pin, "customer b", "t")
	wantCode(t, err, CodeDuplicateUser)
	_, _, err = s.tryJoin("no PIN!", "7", "t")
	wantCode(t, err, CodePINFormat)
	_, _, err = s.tryJoin("000", "7", "t")
	wantCode(t, err, CodePINNotFound)
	s.drop(&member{session: c.session, agent: c.session.agents[2], peer: c.session.agents[2].peer})
	if _, _, err := s.tryJoin(c.session.pin, "sixth", "t"); err != nil {
		t.Errorf("an agent who is away keeps others out: %v", err)
	}
}

func TestPINAttempts(t *testing.T) {
	s := newStage(t, nil)
	c, _ := s.customer("b", everything)
	_, ap := s.agent(c, "kept")
	for range 10 {
		_, _, err := s.tryJoin("XXXX", "1", "token")
		wantCode(t, err, CodePINNotFound)
	}
	_, _, err := s.tryJoin(c.session.pin, "1", "token")
	wantCode(t, err, CodeJoinFailed)
	for i := range 40 { // with ever new tokens the address is what counts
		_, _, err := s.tryJoin("XXXX", "1", fmt.Sprint(i))
		wantCode(t, err, CodePINNotFound)
	}
	_, _, err = s.tryJoin(c.session.pin, "1", "fresh")
	wantCode(t, err, CodeJoinFailed)
	if !s.blocked("198.51.100.7") || s.blocked("198.51.100.8") {
		t.Error("the wrong address is blocked")
	}
	s.pass(10 * time.Minute)
	if _, _, err := s.tryJoin(c.session.pin, "1", "token"); err != nil {
		t.Errorf("after ten minutes: %v", err)
	}
	if ap.finished {
		t.Error("somebody else's attempts ended an agent's connection")
	}
}

func TestAssist(t *testing.T) {
	s := newStage(t, nil)
	c, cp := s.customer("b", everything)
	a, ap := s.agent(c, "1")
	b, bp := s.agent(c, "2")
	scroll := message{Type: typeScroll, Y: 100}
	s.do(a, scroll)
	s.do(a, message{Type: typeAssist, On: true})
	s.do(a, scroll)
	if cp.last("scroll") != nil || cp.last("assist")["granted"] != false {
		t.Fatal("scrolled without consent")
	}
	s.do(b, message{Type: typeAssist, On: true})
	if bp.last("assist")["state"] != "busy" {
		t.Error("two agents ask at once")
	}
	s.do(c, message{Type: typeAssist, On: true})
	s.do(b, scroll)
	if cp.last("scroll") != nil {
		t.Error("the other agent scrolled")
	}
	s.do(a, scroll)
	if cp.last("scroll")["y"] != 100.0 || ap.last("assist")["state"] != "granted" {
		t.Error("consent was not enough")
	}
	_, cp2, err := s.again(cp, everything)
	if err != nil || cp2.last("assist")["granted"] != true {
		t.Errorf("the next page does not know: %v", err)
	}
	s.do(a, message{Type: typeAssist})
	if cp2.last("assist")["on"] != false || ap.last("assist")["state"] != "stopped" {
		t.Error("the agent cannot stop")
	}
	s.do(b, message{Type: typeAssist, On: true})
	s.do(b, message{Type: typeLeave})
	if cp2.last("assist")["on"] != false {
		t.Error("the question outlives who asked")
	}
}

func TestSettingsAreEnforced(t *testing.T) {
	s := newStage(t, nil)
	c, _ := s.customer("b", settings{})
	a, _ := s.agent(c, "1")
	draw := message{Type: typeDraw, Stroke: &stroke{ID: "1", Tool: "pen", Color: "#000000"}}
	for name, tc := range map[string]struct {
		m   *member
		msg message
	}{
		"agent draws":               {a, draw},
		"customer draws":            {c, draw},
		"agent assists":             {a, message{Type: typeAssist, On: true}},
		"agent sends events":        {a, message{Type: typeEvents, Events: json.RawMessage(`[]`)}},
		"agent says it is customer": {a, message{Type: typeFocus}},
		"customer scrolls":          {c, message{Type: typeScroll}},
		"customer joins again":      {c, message{Type: typeJoin}},
		"unknown":                   {a, message{Type: "fly"}},
	} {
		t.Run(name, func(t *testing.T) { wantCode(t, s.handle(tc.m, &tc.msg), CodeUndefined) })
	}
}

func TestDrawingsNameTheirAuthor(t *testing.T) {
	s := newStage(t, nil)
	c, cp := s.customer("b", everything)
	a, ap := s.agent(c, "1")
	_, bp := s.agent(c, "2")
	s.do(a, message{Type: typeDraw, Stroke: &stroke{ID: "x", Tool: "pen", Color: "#000000", By: "c"}})
	for _, p := range []*fakePeer{cp, bp} {
		if by := p.last("draw")["s"].(map[string]any)["by"]; by != "a1" {
			t.Errorf("drawn by %v", by)
		}
	}
	if ap.last("draw") != nil {
		t.Error("the drawing came back")
	}
	s.do(c, message{Type: typeUndo, ID: "y"})
	if bp.last("undo")["by"] != "c" {
		t.Error("undo without author")
	}
}

func TestSnapshotsAreRationed(t *testing.T) {
	s := newStage(t, nil)
	c, cp := s.customer("b", everything)
	a, _ := s.agent(c, "1")
	before := cp.count("record")
	for range 10 {
		s.do(a, message{Type: typeSnapshot})
	}
	s.pass(time.Second)
	s.do(a, message{Type: typeSnapshot})
	if n := cp.count("record") - before; n != 2 {
		t.Errorf("%d snapshots in a second, want 2", n)
	}
}
