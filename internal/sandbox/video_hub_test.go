package sandbox

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// videoStage is a video hub with a clock of its own.
type videoStage struct {
	*videoHub
	t    *testing.T
	time time.Time
}

func newVideoStage(t *testing.T, change func(*Limits)) *videoStage {
	t.Helper()
	var l Limits
	if change != nil {
		change(&l)
	}
	l.setDefaults()
	s := &videoStage{t: t, time: time.Unix(1_800_000_000, 0)}
	s.videoHub = newVideoHub(l, func() time.Time { return s.time })
	return s
}

func (s *videoStage) pass(d time.Duration) {
	s.time = s.time.Add(d)
	s.sweep()
}

// entry is somebody who wants in. A signature is for the session that they name,
// unless tpc says otherwise.
type entry struct {
	session, tpc, who, passcode, address string
	host                                 bool
}

func (s *videoStage) try(e entry) (*user, *fakePeer, error) {
	p := &fakePeer{}
	if e.tpc == "" {
		e.tpc = e.session
	}
	u, err := s.join(videoRequest{
		videoMessage: &videoMessage{Type: typeVideoJoin, Session: e.session, Name: e.who, Passcode: e.passcode},
		claims:       VideoClaims{Session: e.tpc, Host: e.host, Identity: e.who}, address: e.address, peer: p,
	})
	return u, p, err
}

func (s *videoStage) in(e entry) (*user, *fakePeer) {
	s.t.Helper()
	u, p, err := s.try(e)
	if err != nil {
		s.t.Fatal(err)
	}
	return u, p
}

// refused wants a refusal with a code, and that nothing was said to anybody.
func (s *videoStage) refused(e entry, code Code) {
	s.t.Helper()
	_, p, err := s.try(e)
	var r *refusal
	if !errors.As(err, &r) || r.code != code || len(p.frames) > 0 {
		s.t.Errorf("%+v: error %v, told %v", e, err, p.frames)
	}
}

func (s *videoStage) do(u *user, m videoMessage) {
	s.t.Helper()
	if err := s.handle(u, &m); err != nil {
		s.t.Errorf("%+v: %v", m, err)
	}
}

func TestVideoJoin(t *testing.T) {
	s := newVideoStage(t, nil)
	mia, first := s.in(entry{session: "Cobrowse-A", who: "mia"})
	if got := first.last("joined"); got["me"] != "u1" || got["host"] != false || len(got["users"].([]any)) != 0 {
		t.Errorf("joined: %v", got)
	}
	_, second := s.in(entry{session: "cobrowse-a", tpc: "COBROWSE-A", who: "ann", host: true}) // no regard to case
	users := second.last("joined")["users"].([]any)
	if len(users) != 1 || users[0].(map[string]any)["name"] != "mia" || users[0].(map[string]any)["id"] != mia.label() {
		t.Errorf("the second finds %v", users)
	}
	if got := first.last("user"); got["on"] != true || got["user"].(map[string]any)["name"] != "ann" || got["user"].(map[string]any)["host"] != true {
		t.Errorf("the first hears %v", got)
	}
	if n := s.count(); n != 1 {
		t.Errorf("%d rooms", n)
	}
}

// TestVideoReplay: a signature opens the one session that it names.
func TestVideoReplay(t *testing.T) {
	s := newVideoStage(t, nil)
	s.in(entry{session: "victim", who: "mia"})
	for _, name := range []string{"victim", "Victim", "victim "} {
		s.refused(entry{session: name, tpc: "mine", who: "eve"}, CodeVideoSession)
	}
	s.refused(entry{session: "", tpc: "mine", who: "eve"}, CodeVideoSession)
	s.refused(entry{session: "ask", tpc: "a\u017fk", who: "eve"}, CodeVideoSession) // a long s
	s.refused(entry{session: "ask", tpc: "as\u212a", who: "eve"}, CodeVideoSession) // the Kelvin sign
	s.refused(entry{session: "mine", tpc: "mine\x00", who: "eve"}, CodeVideoSession)
	if n := len(s.rooms["victim"].users); n != 1 || s.count() != 1 {
		t.Errorf("%d users, %d rooms", n, s.count())
	}
}

func TestVideoPasscode(t *testing.T) {
	s := newVideoStage(t, nil)
	s.in(entry{session: "a", who: "mia", passcode: "secret"})
	s.refused(entry{session: "a", who: "eve"}, CodeVideoPasscode)
	s.refused(entry{session: "a", who: "eve", passcode: "Secret"}, CodeVideoPasscode)
	s.refused(entry{session: "a", who: "mia"}, CodeVideoPasscode) // who is in stays in
	s.in(entry{session: "a", who: "ann", passcode: "secret"})
	if n := len(s.rooms["a"].users); n != 2 {
		t.Errorf("%d users", n)
	}
}

func TestVideoLimits(t *testing.T) {
	s := newVideoStage(t, func(l *Limits) { l.VideoUsers, l.VideoSessions, l.AddressSessions = 2, 3, 2 })
	s.in(entry{session: "a", who: "mia", address: "x"})
	ann, _ := s.in(entry{session: "a", who: "ann", host: true, address: "x"})
	s.refused(entry{session: "a", who: "eve", address: "y"}, CodeVideoSession)
	s.refused(entry{session: "a", who: "mia", host: true, address: "y"}, CodeVideoSession) // nobody's double
	s.in(entry{session: "b", who: "bob", address: "x"})
	s.refused(entry{session: "c", who: "cyd", address: "x"}, CodeVideoSession)
	s.in(entry{session: "c", who: "cyd", address: "y"})
	s.refused(entry{session: "d", who: "dan", address: "y"}, CodeVideoSession)
	s.drop(ann) // makes room for another one
	s.in(entry{session: "a", who: "eve", address: "y"})
	for _, r := range s.rooms {
		for len(r.users) > 0 {
			s.drop(r.users[0])
		}
	}
	if len(s.rooms) != 0 || len(s.begun) != 0 {
		t.Errorf("%d rooms and %d addresses are remembered", len(s.rooms), len(s.begun))
	}
}

// TestVideoMoved: who joins again has one place, whether or not the old
// connection is known to be dead.
func TestVideoMoved(t *testing.T) {
	s := newVideoStage(t, func(l *Limits) { l.VideoUsers = 2 })
	old, before := s.in(entry{session: "a", who: "mia"})
	_, ann := s.in(entry{session: "a", who: "ann", host: true})
	s.in(entry{session: "a", who: "mia"})
	if got := before.last("ended"); got["reason"] != "moved" || !before.finished {
		t.Errorf("the old one hears %v", got)
	}
	if ann.count("user") != 2 || ann.last("user")["on"] != true {
		t.Errorf("the other one hears %v", ann.frames)
	}
	frames := len(ann.frames)
	s.do(old, videoMessage{Type: typeState, Audio: true}) // late frames of the old connection
	s.do(old, videoMessage{Type: typeLeave})
	s.drop(old)
	if n := len(s.rooms["a"].users); n != 2 || len(ann.frames) != frames {
		t.Errorf("%d users, and the other one hears %v", n, ann.frames)
	}
	alone, _ := s.in(entry{session: "b", who: "mia"}) // the only one
	s.in(entry{session: "b", who: "mia"})
	s.drop(alone)
	if n := len(s.rooms["b"].users); n != 1 {
		t.Errorf("%d users", n)
	}
	s.in(entry{session: "c"}) // without an identity all are different
	s.in(entry{session: "c"})
	if n := len(s.rooms["c"].users); n != 2 {
		t.Errorf("%d users without identity", n)
	}
}

func TestVideoSignals(t *testing.T) {
	s := newVideoStage(t, nil)
	mia, pm := s.in(entry{session: "a", who: "mia"})
	ann, pa := s.in(entry{session: "a", who: "ann"})
	_, pc := s.in(entry{session: "a", who: "cyd"})
	_, po := s.in(entry{session: "other", who: "mia"}) // u1 there
	offer := videoMessage{Type: typeSignal, To: mia.label(), signal: signal{Description: &description{"offer", "v=0"}}}
	s.do(ann, offer)
	if got := pm.last("signal"); got["from"] != ann.label() || got["description"].(map[string]any)["sdp"] != "v=0" {
		t.Errorf("got %v", got)
	}
	for _, to := range []string{ann.label(), "u99", "", "U1"} { // oneself, and nobody
		offer.To = to
		s.do(ann, offer)
	}
	if pa.count("signal")+pc.count("signal")+po.count("signal") != 0 || pm.count("signal") != 1 {
		t.Error("a signal went astray")
	}
	s.do(ann, videoMessage{Type: typeState, Video: true})
	for p, want := range map[*fakePeer]int{pm: 1, pc: 1, pa: 0, po: 0} {
		if p.count("state") != want {
			t.Errorf("states: %v, want %d", p.frames, want)
		}
	}
	if got := pm.last("state"); got["id"] != ann.label() || got["video"] != true || got["audio"] != false {
		t.Errorf("state %v", got)
	}
	_, late := s.in(entry{session: "a", who: "dan"}) // who comes later knows of it
	if got := late.last("joined")["users"].([]any)[1].(map[string]any); got["video"] != true {
		t.Errorf("found %v", got)
	}
}

func TestVideoEnds(t *testing.T) {
	s := newVideoStage(t, nil)
	mia, pm := s.in(entry{session: "a", who: "mia"})
	ann, pa := s.in(entry{session: "a", who: "ann", host: true})
	if err := s.handle(mia, &videoMessage{Type: typeEnd}); err == nil {
		t.Error("an attendee ended the session")
	}
	if err := s.handle(mia, &videoMessage{Type: typeVideoJoin, Session: "b"}); err == nil {
		t.Error("joined twice")
	}
	s.do(mia, videoMessage{Type: typeLeave})
	if pm.last("ended")["reason"] != "left" || !pm.finished || pa.last("user")["on"] != false {
		t.Errorf("left: %v, %v", pm.frames, pa.frames)
	}
	_, again := s.in(entry{session: "a", who: "mia"})
	s.do(ann, videoMessage{Type: typeEnd})
	if again.last("ended")["reason"] != "host" || !again.finished || !pa.finished || s.count() != 0 {
		t.Errorf("ended: %v, %v, %d rooms", again.frames, pa.frames, s.count())
	}
	s.drop(ann) // after all
}

func TestVideoTimes(t *testing.T) {
	s := newVideoStage(t, func(l *Limits) { l.Life = 3 * time.Hour })
	_, first := s.in(entry{session: "a", who: "mia"})
	s.pass(39 * time.Minute)
	ann, _ := s.in(entry{session: "a", who: "ann"})
	s.pass(time.Hour) // two are not alone
	s.drop(ann)
	s.pass(39 * time.Minute)
	if first.finished {
		t.Fatal("ended too early")
	}
	s.pass(time.Minute)
	if first.last("ended")["reason"] != "idle" {
		t.Errorf("alone for 40 minutes: %v", first.frames)
	}
	_, one := s.in(entry{session: "b", who: "mia"})
	s.in(entry{session: "b", who: "ann"})
	s.pass(3 * time.Hour)
	if one.last("ended")["reason"] != "expired" || s.count() != 0 {
		t.Errorf("after its longest life: %v", one.frames)
	}
}

// TestVideoNames: what people call themselves goes to others as it is, as JSON.
func TestVideoNames(t *testing.T) {
	s := newVideoStage(t, nil)
	const hostile = `</script><img src=x onerror=alert(1)>"\u202e`
	s.in(entry{session: "a", who: hostile})
	_, p := s.in(entry{session: "a", who: strings.Repeat("n", 300)})
	if got := p.last("joined"); got["users"].([]any)[0].(map[string]any)["name"] != hostile || len(fmt.Sprint(got["name"])) != maxVideoName {
		t.Errorf("names: %v", got)
	}
}
