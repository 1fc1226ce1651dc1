package sandbox

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"testing"
)

// TestOneAddressCannotFillTheSandbox: sessions are counted by who began them,
// and given back when they end.
func TestOneAddressCannotFillTheSandbox(t *testing.T) {
	s := newStage(t, func(l *Limits) { l.AddressSessions = 2 })
	one, _ := s.customer("1", everything)
	s.customer("2", everything)
	_, _, err := s.tryStart("3", everything, "t", "")
	wantCode(t, err, CodeStartFailed)
	p := &fakePeer{}
	if _, err := s.start(request{
		message: &message{Type: typeStart, Browser: "4", Settings: &settings{}},
		claims:  Claims{Role: RoleCustomer, UserID: "4"}, address: "192.0.2.2", site: "https://shop.example", peer: p,
	}); err != nil {
		t.Errorf("another address: %v", err)
	}
	s.do(one, message{Type: typeEnd})
	if _, _, err := s.tryStart("3", everything, "t", ""); err != nil {
		t.Errorf("after an end: %v", err)
	}
	s.pass(s.limits.Life)
	if n := len(s.begun) + len(s.sessions) + len(s.pins) + len(s.browsers); n != 0 {
		t.Errorf("%d entries outlive their sessions", n)
	}
}

func TestTabsAreBounded(t *testing.T) {
	s := newStage(t, func(l *Limits) { l.Tabs = 2 })
	_, first := s.customer("b", everything)
	if _, _, err := s.again(first, everything); err != nil {
		t.Fatal(err)
	}
	_, _, err := s.again(first, everything)
	wantCode(t, err, CodeCustomerCount)
}

// TestATabTakesItsOwnPlace: a network that went away in silence leaves a
// connection that looks alive. The page that comes back is not shut out by it.
func TestATabTakesItsOwnPlace(t *testing.T) {
	s := newStage(t, nil)
	one := settings{AgentDraw: true}
	c, p := s.customer("b", one)
	c.tab = "tab-1"
	_, ap := s.agent(c, "1")
	back := func(tab string) (*member, error) {
		started := p.last("started")
		return s.resume(request{
			message: &message{Type: typeResume, ID: started["id"].(string), Secret: started["secret"].(string), Tab: tab, Settings: &one},
			peer:    &fakePeer{},
		})
	}
	for _, tab := range []string{"", "tab-2"} {
		_, err := back(tab)
		wantCode(t, err, CodeCustomerCount)
	}
	again, err := back("tab-1")
	if err != nil || !p.finished {
		t.Fatalf("%v, the old connection is closed: %v", err, p.finished)
	}
	before := ap.count("events")
	s.do(c, message{Type: typeFocus})
	s.do(c, message{Type: typeEvents, Events: json.RawMessage(`[]`)})
	s.drop(c)
	if s.sessions[c.session.id].active() != again || ap.count("events") != before || ap.last("customer")["here"] != true {
		t.Error("the old connection has a part in the session still")
	}
}

// TestCustomPINsAreNoOracle: who may choose a PIN cannot find those of others.
func TestCustomPINsAreNoOracle(t *testing.T) {
	s := newStage(t, func(l *Limits) { l.AddressAttempts = 3 })
	byop := "h." + base64.RawURLEncoding.EncodeToString([]byte(`{"enable_byop":1}`)) + ".s"
	if _, _, err := s.tryStart("own", everything, byop, "AB"); err != nil {
		t.Fatal(err)
	}
	for i := range 3 {
		_, _, err := s.tryStart(fmt.Sprint(i), everything, byop, "AB")
		wantCode(t, err, CodePINConflict)
	}
	_, _, err := s.tryStart("last", everything, byop, "AB")
	wantCode(t, err, CodeStartFailed)
}
