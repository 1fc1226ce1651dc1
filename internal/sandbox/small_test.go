package sandbox

import (
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestAddressKey(t *testing.T) {
	for in, want := range map[string]string{
		"192.0.2.7":            "192.0.2.7",
		"::ffff:192.0.2.7":     "192.0.2.7",
		"2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64",
		"fe80::1%eth0":         "fe80::/64",
		"unix":                 "unix",
	} {
		if got := addressKey(in); got != want {
			t.Errorf("addressKey(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestCleanPage(t *testing.T) {
	for in, want := range map[string]string{
		"https://u:p@shop.example/a%20b?q=1#f": "https://shop.example/a%20b",
		"javascript:alert(1)":                  "",
		"://":                                  "",
	} {
		if got := cleanPage(in); got != want {
			t.Errorf("cleanPage(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestPINsRunOut(t *testing.T) {
	if _, err := newPIN(rand.Reader, func(string) bool { return true }); err == nil {
		t.Error("a PIN although all are taken")
	}
}

func TestAttemptsAreBounded(t *testing.T) {
	now := time.Unix(0, 0)
	a := newAttempts(1, time.Minute)
	for i := range maxKeys + 10 {
		a.fail(strings.Repeat("x", 1)+string(rune(i)), now)
	}
	if len(a.keys) > maxKeys {
		t.Errorf("%d keys", len(a.keys))
	}
	if !a.exhausted("new", now) {
		t.Error("a new key may guess while the counter is full")
	}
	if a.spent("new", now) {
		t.Error("whoever has many addresses shuts everybody out")
	}
	a.prune(now.Add(time.Minute))
	if len(a.keys) != 0 || a.exhausted("new", now) {
		t.Error("windows that have passed are kept")
	}
}

func TestBucket(t *testing.T) {
	now := time.Unix(0, 0)
	b := newBucket(10, 20, now)
	taken := 0
	for b.take(now) {
		taken++
	}
	if taken != 20 {
		t.Errorf("a burst of %d, want 20", taken)
	}
	now = now.Add(500 * time.Millisecond)
	for b.take(now) {
		taken++
	}
	if taken != 25 {
		t.Errorf("%d after half a second, want 25", taken)
	}
	if b.take(now.Add(-time.Hour)) {
		t.Error("a clock that goes back gives more")
	}
}

func TestSpending(t *testing.T) {
	now := time.Unix(0, 0)
	b := newBucket(100, 1000, now)
	for i, tc := range []struct {
		pass time.Duration
		n    int
		want time.Duration
	}{
		{0, 1000, 0},
		{0, 100, time.Second},
		{0, 50, 500 * time.Millisecond}, // on top of a wait that is still paid for
		{2 * time.Second, 50, 0},
		{time.Hour, 1100, time.Second},
	} {
		now = now.Add(tc.pass)
		if got := b.spend(tc.n, now); got != tc.want {
			t.Errorf("%d: wait %v, want %v", i, got, tc.want)
		}
	}
}

func TestQueueCountsWhatIsBeingWritten(t *testing.T) {
	q := newQueue(10)
	q.send([]byte("12345"))
	frames, _, _ := q.take()
	q.send([]byte("12345"))
	q.wrote(frames[0])
	q.send([]byte("12345"))
	if _, done, _ := q.take(); done {
		t.Fatal("what has left still counts")
	}
	q.send([]byte("1"))
	if _, _, slow := q.take(); !slow {
		t.Error("what is being written does not count")
	}
}

func TestQueueForgetsWhatIsTooMuch(t *testing.T) {
	q := newQueue(10)
	q.send([]byte("12345"))
	q.send([]byte("123456"))
	q.send([]byte("1"))
	if frames, done, slow := q.take(); len(frames) != 0 || !done || !slow {
		t.Errorf("%d frames, done %v, slow %v", len(frames), done, slow)
	}
}

func TestConfig(t *testing.T) {
	verify := func(string) (Claims, error) { return Claims{}, nil }
	for name, c := range map[string]Config{
		"no key":          {Verify: verify},
		"no verify":       {Key: "k"},
		"PIN field":       {Key: "k", Verify: verify, PINField: "pin"},
		"origin":          {Key: "k", Verify: verify, AllowedOrigins: []string{"shop.example"}},
		"origin's path":   {Key: "k", Verify: verify, AllowedOrigins: []string{"https://shop.example/"}},
		"origin's policy": {Key: "k", Verify: verify, AllowedOrigins: []string{"https://a;script-src *"}},
		"negative limit":  {Key: "k", Verify: verify, Limits: Limits{Rate: -1}},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := New(c); !errors.Is(err, ErrConfig) {
				t.Errorf("error %v", err)
			}
		})
	}
}
