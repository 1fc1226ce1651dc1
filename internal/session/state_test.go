package session

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestTransitions(t *testing.T) {
	allowed := map[State][]State{
		StateCreated: {StateWaiting, StateActive, StateEnded, StateExpired},
		StateWaiting: {StateActive, StateEnded, StateExpired},
		StateActive:  {StateWaiting, StateEnded, StateExpired},
		StateEnded:   nil,
		StateExpired: nil,
		"nonsense":   nil,
	}
	for from, targets := range allowed {
		for _, to := range append(States(), "nonsense") {
			if got := from.Can(to); got != slices.Contains(targets, to) {
				t.Errorf("%s to %s: %v", from, to, got)
			}
		}
	}
	for _, s := range States() {
		if !s.Valid() || s.Over() != (s == StateEnded || s == StateExpired) {
			t.Errorf("%s: valid %v, over %v", s, s.Valid(), s.Over())
		}
	}
	if State("").Valid() || EventKind("").Valid() {
		t.Error("nothing is valid")
	}
}

func testTimeouts() Timeouts {
	var t Timeouts
	t.setDefaults()
	return t
}

// kinds are all kinds of events.
func kinds() []EventKind {
	return []EventKind{EventPIN, EventStarted, EventAgentJoined, EventAgentLeft, EventHeartbeat, EventEnded, EventError}
}

// FuzzStateMachine sends a session events in any order and at any pace. Each
// byte is an event, with the pause before it.
func FuzzStateMachine(f *testing.F) {
	f.Add([]byte{0, 2, 4, 3, 5}, true)
	f.Add([]byte{2, 3, 2, 0xf2, 0xff}, false)
	f.Add([]byte{0, 0xe0, 0xe4, 0xe4, 0xe4}, false)
	random := rand.New(rand.NewPCG(1, 2))
	for range 20 {
		events := make([]byte, 30)
		for i := range events {
			events[i] = byte(random.Uint32())
		}
		f.Add(events, len(events)%2 == 0)
	}
	f.Fuzz(func(t *testing.T, events []byte, claimed bool) {
		timeouts := testTimeouts()
		now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
		s := Session{ID: "x", State: StateCreated, CreatedAt: now, LastSeen: now}
		if claimed {
			s.Claims = []Claim{{Agent: Agent{ID: "ann"}, At: now}}
		}
		s.Deadline = timeouts.deadline(s)
		for i, b := range events {
			now = now.Add(time.Duration(b>>4) * 20 * time.Second)
			e := Event{Kind: kinds()[int(b&15)%len(kinds())], Page: "/p?q", Code: "1001"}
			pin := PIN{Key: string(rune('a' + i%3)), Sealed: []byte{1}, Until: now.Add(timeouts.PIN)}
			before, from := s.Clone(), s.StateAt(now)
			err := timeouts.apply(&s, e, pin, now)
			checkStep(t, before, s, from, e, now, err)
		}
	})
}

// checkStep asserts what holds for every step of the state machine.
func checkStep(t *testing.T, before, after Session, from State, e Event, now time.Time, err error) {
	t.Helper()
	switch {
	case from.Over() && (err == nil) != (e.Kind == EventEnded):
		t.Fatalf("%s in a session that is %s: %v", e.Kind, from, err)
	case from.Over():
		if !same(before, after) {
			t.Fatalf("%s changed a session that is %s", e.Kind, from)
		}
		return
	case err != nil:
		t.Fatalf("%s in a session that is %s: %v", e.Kind, from, err)
	}
	if after.State != before.State && !before.State.Can(after.State) {
		t.Fatalf("%s took it from %s to %s", e.Kind, before.State, after.State)
	}
	if !after.LastSeen.Equal(now) || after.Page != "/p" {
		t.Fatalf("seen %v on %q", after.LastSeen, after.Page)
	}
	if after.State.Over() != !after.EndedAt.IsZero() || after.State.Over() != (after.Ended != "") {
		t.Fatalf("%s: ended at %v by %q", after.State, after.EndedAt, after.Ended)
	}
	if (after.State == StateActive) != (after.Joined > 0) || after.Joined > MaxAgents {
		t.Fatalf("%s with %d agents", after.State, after.Joined)
	}
	if !after.State.Over() && (after.Deadline.After(now.Add(3*time.Minute)) || after.Deadline.Before(now)) {
		t.Fatalf("%s until %v, and it is %v", after.State, after.Deadline, now)
	}
	if after.State == StateEnded && after.PIN.Sealed != nil {
		t.Fatal("a PIN is left that could be shown")
	}
	if e.Kind == EventPIN && after.State == StateCreated {
		t.Fatal("it has a PIN and does not wait")
	}
}

func TestEncodingIsWhole(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 5e6, time.UTC)
	s := Session{
		ID: "x", Site: "s", State: StateActive, Customer: Customer{"1", "Zoë </script>"}, Page: "/",
		CreatedAt: now, WaitingAt: now, ActiveAt: now, EndedAt: now, LastSeen: now, Deadline: now,
		Claims: []Claim{{Agent{"a", "Ann"}, now}}, Joined: 1, Ended: CauseZoom, Fault: "1", ZoomID: "z",
		Video: VideoOffer{AgentID: "a", At: now, ShownAt: now},
		PIN:   PIN{Key: "pin:k", Sealed: []byte{1, 2}, Until: now}, Rev: 3,
	}
	data, err := Encode(s)
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode(data)
	if err != nil || !same(got, s) || got.Rev != 3 || string(got.PIN.Sealed) != "\x01\x02" || got.Customer != s.Customer || got.Video != s.Video {
		t.Errorf("decoded %+v, %v", got, err)
	}
	if _, err := Decode([]byte("{")); err == nil {
		t.Error("decoded what is no record")
	}
}
