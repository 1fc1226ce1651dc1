package zoomapp

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

const testBase = "/_cobrowse/zoomapp"

// newPages returns the pages of an app, with everything switched on.
func newPages(t *testing.T, app *App, login *ExternalLogin) http.Handler {
	t.Helper()
	c := PagesConfig{
		Base: testBase, Desk: "/_cobrowse/desk",
		SameOrigin: func(r *http.Request) bool { return r.Header.Get("Sec-Fetch-Site") == "same-origin" },
		Login:      login,
	}
	handler, err := app.Pages(c)
	if err != nil {
		t.Fatal(err)
	}
	return handler
}

func do(handler http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, r)
	return w
}

// postContext sends a context as the launch page does.
func postContext(t *testing.T, sealed string, cookies ...*http.Cookie) *http.Request {
	t.Helper()
	body, err := json.Marshal(map[string]string{"context": sealed})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, testBase+"/context", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	for _, cookie := range cookies {
		r.AddCookie(cookie)
	}
	return r
}

func TestHome(t *testing.T) {
	f := newAppFixture(t, func(*Config) {})
	pages := newPages(t, f.app, nil)
	good := contextWith(t, func(map[string]any) {})
	home := func(contexts []string, cookies ...*http.Cookie) *httptest.ResponseRecorder {
		r := request(contexts, cookies...)
		r.URL.Path = testBase
		return do(pages, r)
	}

	w := home([]string{good})
	if w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/_cobrowse/desk" || len(w.Result().Cookies()) != 1 {
		t.Fatalf("status %d, %v", w.Code, w.Header())
	}
	if who, err := f.app.Identify(request(nil, w.Result().Cookies()[0])); err != nil || who.Name != "Ana" {
		t.Errorf("%+v, %v", who, err)
	}

	session := newSession(t, f.app, testUID)
	for name, contexts := range map[string][]string{"bad": {"AAAA"}, "empty": {""}, "two": {good, good}} {
		if w := home(contexts, session); w.Code != http.StatusForbidden || len(w.Result().Cookies()) > 0 ||
			!strings.Contains(w.Body.String(), "You are not an agent here") {
			t.Errorf("%s: status %d, %v: %s", name, w.Code, w.Header(), w.Body)
		}
	}

	w = home(nil)
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), SDKURL) || !strings.Contains(w.Body.String(), testBase+"/launch.js") {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
	for _, field := range OWASPFields() {
		if len(w.Header().Values(field.Name)) != 1 {
			t.Errorf("%s: %v", field.Name, w.Header().Values(field.Name))
		}
	}
	if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "script-src 'self' https://appssdk.zoom.us;") ||
		!strings.HasSuffix(policy, "frame-ancestors 'self'") {
		t.Errorf("policy %s", policy)
	}
}

func TestContextFromSDK(t *testing.T) {
	f := newAppFixture(t, func(*Config) {})
	pages := newPages(t, f.app, nil)
	good := contextWith(t, func(map[string]any) {})
	tests := []struct {
		name   string
		change func(*http.Request)
		sealed string
		status int
	}{
		{"good", func(*http.Request) {}, good, 204},
		{"stranger", func(*http.Request) {}, contextWith(t, func(m map[string]any) { m["uid"] = "x" }), 403},
		{"none", func(*http.Request) {}, "", 403},
		{"another site's page", func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, good, 403},
		{"a form", func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, good, 415},
		{"another method", func(r *http.Request) { r.Method = http.MethodPut }, good, 405},
		{"a name in another case", func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader(`{"Context":"` + good + `"}`)) }, good, 403},
		{"more behind it", func(r *http.Request) { r.Body = io.NopCloser(io.MultiReader(r.Body, strings.NewReader("{}"))) }, good, 400},
		{"a list", func(r *http.Request) { r.Body = io.NopCloser(strings.NewReader(`["` + good + `"]`)) }, good, 400},
		{"large", func(*http.Request) {}, strings.Repeat("A", maxContextBody), 400},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			r := postContext(t, test.sealed)
			test.change(r)
			w := do(pages, r)
			if w.Code != test.status || (len(w.Result().Cookies()) == 1) != (test.status == 204) {
				t.Errorf("status %d, %v: %s", w.Code, w.Header(), w.Body)
			}
		})
	}
}

// TestLoginInSession: with a login, Zoom's word opens nothing. The session that began
// a login finishes it, with the context's action; no other does, and nobody does
// twice.
func TestLoginInSession(t *testing.T) {
	f, l := newAppFixture(t, func(*Config) {}), newLoginFixture(t)
	pages := newPages(t, f.app, l.ExternalLogin)
	plain := contextWith(t, func(map[string]any) {})
	enter := func(sealed string, cookies ...*http.Cookie) (status int, login string, session *http.Cookie) {
		t.Helper()
		w := do(pages, postContext(t, sealed, cookies...))
		var reply struct{ Login string }
		if w.Code == http.StatusOK {
			if err := json.Unmarshal(w.Body.Bytes(), &reply); err != nil {
				t.Fatal(err)
			}
		}
		if set := w.Result().Cookies(); len(set) == 1 {
			session = set[0]
		}
		return w.Code, reply.Login, session
	}
	status, login, mine := enter(plain)
	if status != http.StatusOK || login != "begin" || mine == nil {
		t.Fatalf("before: status %d, %q, %v", status, login, mine)
	}
	begin := func(change func(*http.Request), cookies ...*http.Cookie) *httptest.ResponseRecorder {
		r := postContext(t, "", cookies...)
		r.URL.Path = testBase + "/login"
		change(r)
		return do(pages, r)
	}
	if w := begin(func(*http.Request) {}); w.Code != http.StatusForbidden {
		t.Errorf("without a session: %d", w.Code)
	}
	if w := begin(func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "none") }, mine); w.Code != http.StatusForbidden {
		t.Errorf("from elsewhere: %d", w.Code)
	}
	ticket := func() string {
		t.Helper()
		var reply struct{ URL string }
		if err := json.Unmarshal(begin(func(*http.Request) {}, mine).Body.Bytes(), &reply); err != nil {
			t.Fatal(err)
		}
		_, query, _ := strings.Cut(reply.URL, "?")
		w := httptest.NewRecorder()
		l.ServeCallback(w, httptest.NewRequest(http.MethodGet, testBase+"/callback?code=good&"+query, nil))
		location, err := w.Result().Location()
		if err != nil {
			t.Fatal(err)
		}
		return contextWith(t, func(m map[string]any) { m["act"] = location.Query().Get("act") })
	}
	for name, test := range map[string]struct {
		sealed  string
		cookies []*http.Cookie
	}{
		"another session": {ticket(), []*http.Cookie{newSession(t, f.app, testUID)}},
		"no session":      {ticket(), nil},
		"unknown ticket":  {contextWith(t, func(m map[string]any) { m["act"] = "login:x" }), []*http.Cookie{mine}},
	} {
		if status, login, _ := enter(test.sealed, test.cookies...); status != http.StatusOK || login != "again" || len(l.signedIn()) > 0 {
			t.Errorf("%s: status %d, %q, signed in %v", name, status, login, l.signedIn())
		}
	}
	stranger := contextWith(t, func(m map[string]any) { m["act"], m["uid"] = "login:x", "stranger" })
	if status, _, session := enter(stranger, mine); status != http.StatusForbidden || session != nil {
		t.Errorf("stranger: status %d, %v", status, session)
	}

	sealed := ticket()
	status, _, continued := enter(sealed, mine)
	if status != http.StatusNoContent || !slices.Equal(l.signedIn(), []string{"ana@idp.example"}) {
		t.Fatalf("status %d, signed in %v", status, l.signedIn())
	}
	// Zoom repeats the action for minutes, and the app is opened without one, too.
	for name, again := range map[string]string{"the same action": sealed, "no action": plain, "another's action": contextWith(t, func(m map[string]any) { m["act"] = "login:x" })} {
		if status, _, _ := enter(again, continued); status != http.StatusNoContent {
			t.Errorf("%s, signed in: status %d", name, status)
		}
	}
	if status, login, _ := enter(plain); status != http.StatusOK || login != "begin" {
		t.Errorf("another client of the same user: status %d, %q", status, login)
	}
}

// TestLoginAtHome: the home page shows what the context in its header leads to.
func TestLoginAtHome(t *testing.T) {
	f, l := newAppFixture(t, func(*Config) {}), newLoginFixture(t)
	pages := newPages(t, f.app, l.ExternalLogin)
	home := func(change func(map[string]any), cookies ...*http.Cookie) *httptest.ResponseRecorder {
		r := request([]string{contextWith(t, change)}, cookies...)
		r.URL.Path = testBase
		return do(pages, r)
	}
	w := home(func(map[string]any) {})
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `data-state="begin"`) || !strings.Contains(w.Body.String(), "Sign in with Contoso") {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	session, cookie, err := f.app.BeginSession(request(nil, w.Result().Cookies()...), testUID)
	if err != nil {
		t.Fatal(err)
	}
	if w := home(func(m map[string]any) { m["act"] = "login:x" }, cookie); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), `data-state="again"`) {
		t.Errorf("a ticket of nobody's: status %d", w.Code)
	}
	if err := l.Keep(t.Context(), session, Person{ID: "ana"}); err != nil {
		t.Fatal(err)
	}
	if w := home(func(map[string]any) {}, cookie); w.Code != http.StatusSeeOther {
		t.Errorf("signed in: status %d", w.Code)
	}
	l.down = errors.New("the store is down")
	if w := home(func(map[string]any) {}, cookie); w.Code != http.StatusServiceUnavailable || len(w.Result().Cookies()) > 0 {
		t.Errorf("store down: status %d", w.Code)
	}
}

func TestPagesRefused(t *testing.T) {
	f := newAppFixture(t, func(*Config) {})
	if _, err := f.app.Pages(PagesConfig{Base: testBase}); err == nil {
		t.Error("without an origin check")
	}
}
