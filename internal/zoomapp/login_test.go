package zoomapp

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// loginFixture is an external login at a third party that knows one code, with
// deep links that show what they carry.
type loginFixture struct {
	*ExternalLogin
	challenge Challenge // of the last redeemed code
	now       time.Time
}

func newLoginFixture(t *testing.T) *loginFixture {
	t.Helper()
	f := &loginFixture{now: testNow()}
	login, err := NewExternalLogin(LoginConfig{
		Authorize: func(c Challenge) (string, error) {
			return "https://idp.example/authorize?" + url.Values{"state": {c.State}, "nonce": {c.Nonce}, "code_challenge": {c.S256()}}.Encode(), nil
		},
		Exchange: func(_ context.Context, code string, c Challenge) (Person, error) {
			f.challenge = c
			switch code {
			case "good":
				return Person{"ana@idp.example", "Ana"}, nil
			case "nobody":
				return Person{}, nil
			}
			return Person{}, errors.New("invalid_grant")
		},
		DeepLink: func(_ context.Context, uid, action string) (string, error) {
			return "https://zoom.us/launch?" + url.Values{"uid": {uid}, "act": {action}}.Encode(), nil
		},
		Now:    func() time.Time { return f.now },
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	f.ExternalLogin = login
	return f
}

var testSession = Session{ID: "session-1", UserID: testUID}

// begin returns the state of a new login.
func (f *loginFixture) begin(t *testing.T) url.Values {
	t.Helper()
	target, err := f.Begin(t.Context(), testSession)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query()
}

func (f *loginFixture) callback(query string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	f.ServeCallback(w, httptest.NewRequest(http.MethodGet, "/callback?"+query, nil))
	return w
}

// action goes as far as the deep link, and returns its action.
func (f *loginFixture) action(t *testing.T) string {
	t.Helper()
	w := f.callback("code=good&state=" + f.begin(t).Get("state"))
	location, err := w.Result().Location()
	if err != nil || w.Code != http.StatusFound || location.Query().Get("uid") != testUID {
		t.Fatalf("status %d, %v: %s", w.Code, w.Header(), w.Body)
	}
	return location.Query().Get("act")
}

func TestExternalLogin(t *testing.T) {
	f := newLoginFixture(t)
	sent := f.begin(t)
	w := f.callback("code=good&state=" + sent.Get("state"))
	if f.challenge.Nonce != sent.Get("nonce") || f.challenge.S256() != sent.Get("code_challenge") || len(f.challenge.Verifier) != 43 {
		t.Errorf("sent %v, redeemed with %+v", sent, f.challenge)
	}
	if header := fmt.Sprint(w.Header(), sent); strings.Contains(header, f.challenge.Verifier) || w.Header().Get("Set-Cookie") != "" {
		t.Errorf("the browser sees %s", header)
	}
	action := f.action(t)
	if len(action) > MaxAction {
		t.Errorf("the action has %d characters", len(action))
	}
	if person, err := f.Finish(t.Context(), testSession, action); err != nil || person != (Person{"ana@idp.example", "Ana"}) {
		t.Errorf("%+v, %v", person, err)
	}
	if person, err := f.Finish(t.Context(), testSession, action); !errors.Is(err, ErrLogin) || person != (Person{}) {
		t.Errorf("replayed: %+v, %v", person, err)
	}
}

// TestExternalLoginElsewhere: no other session finishes a login, and its ticket is
// gone when one has tried.
func TestExternalLoginElsewhere(t *testing.T) {
	for name, session := range map[string]Session{
		"another session": {"session-2", testUID}, "another user": {testSession.ID, "x"}, "none": {},
	} {
		f := newLoginFixture(t)
		action := f.action(t)
		if _, err := f.Finish(t.Context(), session, action); !errors.Is(err, ErrLogin) {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := f.Finish(t.Context(), testSession, action); !errors.Is(err, ErrLogin) {
			t.Errorf("after %s: %v", name, err)
		}
	}
}

func TestExternalLoginRefuses(t *testing.T) {
	for name, test := range map[string]struct {
		query  func(state string) string
		status int
	}{
		"no state":      {func(string) string { return "code=good" }, 400},
		"two states":    {func(s string) string { return "code=good&state=x&state=" + s }, 400},
		"unknown state": {func(string) string { return "code=good&state=x" }, 400},
		"no code":       {func(s string) string { return "error=access_denied&state=" + s }, 400},
		"bad code":      {func(s string) string { return "code=bad&state=" + s }, 502},
		"nobody":        {func(s string) string { return "code=nobody&state=" + s }, 502},
	} {
		f := newLoginFixture(t)
		if w := f.callback(test.query(f.begin(t).Get("state"))); w.Code != test.status || w.Header().Get("Location") != "" {
			t.Errorf("%s: status %d", name, w.Code)
		}
	}
	f := newLoginFixture(t)
	state := f.begin(t).Get("state")
	f.callback("code=good&state=" + state)
	if w := f.callback("code=good&state=" + state); w.Code != 400 {
		t.Errorf("replayed: status %d", w.Code)
	}
	for _, action := range []string{"", "login:", "login:x", "login:" + state, "other:" + state} {
		if _, err := f.Finish(t.Context(), testSession, action); !errors.Is(err, ErrLogin) {
			t.Errorf("%q: %v", action, err)
		}
	}
	action := f.action(t)
	f.now = f.now.Add(flowTTL)
	if _, err := f.Finish(t.Context(), testSession, action); !errors.Is(err, ErrLogin) {
		t.Errorf("too late: %v", err)
	}
}

// TestMemoryStates: one of many who take at the same time gets the state, and
// memory is bounded.
func TestMemoryStates(t *testing.T) {
	m := NewMemoryStates(nil)
	ctx := t.Context()
	if err := m.Put(ctx, "k", []byte("v"), time.Hour); err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	got := make(chan string, 32)
	for range 32 {
		group.Go(func() {
			if value, err := m.Take(ctx, "k"); err != nil || value != nil {
				got <- string(value)
			}
		})
	}
	group.Wait()
	if len(got) != 1 || <-got != "v" {
		t.Errorf("taken %d more times", len(got))
	}
	for n := range 3 * maxStates {
		_ = m.Put(ctx, fmt.Sprint(n), []byte("v"), time.Hour)
	}
	if len(m.kept) != maxStates || len(m.order) != maxStates {
		t.Errorf("%d kept, %d in order", len(m.kept), len(m.order))
	}
	if value, _ := m.Take(ctx, "0"); value != nil {
		t.Error("the oldest is still there")
	}
	if value, _ := m.Take(ctx, fmt.Sprint(3*maxStates-1)); value == nil {
		t.Error("the newest is gone")
	}
}
