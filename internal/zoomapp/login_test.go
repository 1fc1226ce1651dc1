package zoomapp

import (
	"context"
	"errors"
	"fmt"
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// thirdParty knows one code, and who has signed in.
type thirdParty struct {
	mu        sync.Mutex
	challenge Challenge // of the last redeemed code
	people    map[string]Person
	down      error
}

func (p *thirdParty) Authorize(_ context.Context, c Challenge, other bool) (string, error) {
	return "https://idp.example/authorize?" + url.Values{"state": {c.State}, "nonce": {c.Nonce}, "code_challenge": {digest(c.Verifier)}, "other": {fmt.Sprint(other)}}.Encode(), p.down
}

func (p *thirdParty) Exchange(_ context.Context, query string, c Challenge) (Person, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.challenge = c
	values, err := url.ParseQuery(query)
	switch {
	case err != nil || len(values["code"]) > 1:
	case values.Get("code") == "good":
		return Person{ID: "ana@idp.example", Name: "Ana", Groups: []string{"agents"}}, nil
	case values.Get("code") == "nobody":
		return Person{}, nil
	case values.Get("code") == "customer":
		return Person{}, ErrNotAllowed
	}
	if p.down != nil {
		return Person{}, p.down
	}
	return Person{}, fmt.Errorf("%w: invalid_grant", ErrLogin)
}

func (p *thirdParty) Keep(_ context.Context, s Session, who Person) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.people[s.ID] = who
	return p.down
}

func (p *thirdParty) SignedIn(_ context.Context, s Session) (bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.people[s.ID].ID != "", p.down
}

func (p *thirdParty) End(_ context.Context, s Session) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.down == nil {
		delete(p.people, s.ID)
	}
	return p.down
}

// signedIn returns the IDs of those who are.
func (p *thirdParty) signedIn() (ids []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, who := range p.people {
		ids = append(ids, who.ID)
	}
	return ids
}

// shownLinks are deep links that show what they carry.
type shownLinks struct{ missing bool }

func (l *shownLinks) DeepLink(_ context.Context, uid, action string) (string, error) {
	if l.missing {
		return "", ErrNoTokens
	}
	return "https://zoom.us/launch?" + url.Values{"uid": {uid}, "act": {action}}.Encode(), nil
}

func (l *shownLinks) Linked(context.Context, string) (bool, error) { return !l.missing, nil }

const testInstall = "https://desk.example/_cobrowse/zoomapp/install"

// loginFixture is an external login.
type loginFixture struct {
	*ExternalLogin
	*thirdParty
	links shownLinks
	now   time.Time
}

func newLoginFixture(t *testing.T) *loginFixture {
	t.Helper()
	f := &loginFixture{now: testNow(), thirdParty: &thirdParty{people: map[string]Person{}}}
	login, err := NewExternalLogin(LoginConfig{
		ThirdParty: f.thirdParty, Name: "Contoso", DeepLinks: &f.links, InstallURL: testInstall,
		Now: func() time.Time { return f.now }, Logger: slog.New(slog.DiscardHandler),
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
	target, install, err := f.Begin(t.Context(), testSession)
	if err != nil || install {
		t.Fatal(install, err)
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
	if f.challenge.Nonce != sent.Get("nonce") || digest(f.challenge.Verifier) != sent.Get("code_challenge") || len(f.challenge.Verifier) != 43 {
		t.Errorf("sent %v, redeemed with %+v", sent, f.challenge)
	}
	if header := fmt.Sprint(w.Header(), sent); strings.Contains(header, f.challenge.Verifier) || w.Header().Get("Set-Cookie") != "" {
		t.Errorf("the browser sees %s", header)
	}
	action := f.action(t)
	if len(action) > MaxAction {
		t.Errorf("the action has %d characters", len(action))
	}
	if err := f.Finish(t.Context(), testSession, action); err != nil || f.people[testSession.ID].Groups[0] != "agents" {
		t.Errorf("%+v, %v", f.people, err)
	}
	if err := f.Finish(t.Context(), testSession, action); !errors.Is(err, ErrLogin) {
		t.Errorf("replayed: %v", err)
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
		if err := f.Finish(t.Context(), session, action); !errors.Is(err, ErrLogin) {
			t.Errorf("%s: %v", name, err)
		}
		if err := f.Finish(t.Context(), testSession, action); !errors.Is(err, ErrLogin) || len(f.signedIn()) > 0 {
			t.Errorf("after %s: %v, %v", name, err, f.signedIn())
		}
	}
}

// TestExternalLoginInstall: who has no way back yet installs the app first, and who
// has lost it is told.
func TestExternalLoginInstall(t *testing.T) {
	f := newLoginFixture(t)
	state := f.begin(t).Get("state")
	f.links.missing = true
	if target, install, err := f.Begin(t.Context(), testSession); err != nil || !install || target != testInstall {
		t.Errorf("%q, %v, %v", target, install, err)
	}
	if w := f.callback("code=good&state=" + state); w.Code != http.StatusConflict || !strings.Contains(w.Body.String(), testInstall) {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
}

// TestExternalLoginOtherAccount: who is no agent can use another account, in the same
// login, which ends where the first one began.
func TestExternalLoginOtherAccount(t *testing.T) {
	f := newLoginFixture(t)
	w := f.callback("code=customer&state=" + f.begin(t).Get("state"))
	_, link, found := strings.Cut(w.Body.String(), `class="button" href="`)
	link, _, _ = strings.Cut(link, `"`)
	target, err := url.Parse(html.UnescapeString(link))
	if w.Code != http.StatusForbidden || !found || err != nil || target.Query().Get("other") != "true" {
		t.Fatalf("status %d, %q, %v: %s", w.Code, link, err, w.Body)
	}
	location, err := f.callback("code=good&state=" + target.Query().Get("state")).Result().Location()
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Finish(t.Context(), Session{"session-2", testUID}, location.Query().Get("act")); !errors.Is(err, ErrLogin) {
		t.Errorf("another session: %v", err)
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
		"bad code":      {func(s string) string { return "code=bad&state=" + s }, 400},
		"nobody":        {func(s string) string { return "code=nobody&state=" + s }, 503},
		"customer":      {func(s string) string { return "code=customer&state=" + s }, 403},
	} {
		f := newLoginFixture(t)
		if w := f.callback(test.query(f.begin(t).Get("state"))); w.Code != test.status || w.Header().Get("Location") != "" || strings.Contains(w.Body.String(), "code=") ||
			w.Header().Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: status %d, %v", name, w.Code, w.Header())
		}
	}
	f := newLoginFixture(t)
	state := f.begin(t).Get("state")
	f.callback("code=good&state=" + state)
	if w := f.callback("code=good&state=" + state); w.Code != 400 {
		t.Errorf("replayed: status %d", w.Code)
	}
	for _, action := range []string{"", "login:", "login:x", "login:" + state, "other:" + state} {
		if err := f.Finish(t.Context(), testSession, action); !errors.Is(err, ErrLogin) {
			t.Errorf("%q: %v", action, err)
		}
	}
	action := f.action(t)
	f.now = f.now.Add(flowTTL)
	if err := f.Finish(t.Context(), testSession, action); !errors.Is(err, ErrLogin) {
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
	if len(m.kept) != maxStates || len(m.order[""]) != maxStates {
		t.Errorf("%d kept, %d in order", len(m.kept), len(m.order[""]))
	}
	if err := m.Put(ctx, stateKey("login", "s"), []byte("v"), time.Hour); err != nil {
		t.Fatal(err)
	}
	for n := range 3 * maxStates { // strangers
		_ = m.Put(ctx, stateKey("install", fmt.Sprint(n)), []byte("v"), time.Hour)
	}
	if value, _ := m.Take(ctx, stateKey("login", "s")); value == nil {
		t.Error("installs have ended an agent's login")
	}
	if value, _ := m.Take(ctx, "0"); value != nil {
		t.Error("the oldest is still there")
	}
	if value, _ := m.Take(ctx, fmt.Sprint(3*maxStates-1)); value == nil {
		t.Error("the newest is gone")
	}
}
