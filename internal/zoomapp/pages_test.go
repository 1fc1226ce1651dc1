package zoomapp

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

const testBase = "/_cobrowse/zoomapp"

// newPages returns the pages of an app, with everything switched on.
func newPages(t *testing.T, app *App, login *ExternalLogin, loggedIn func(Session, Person) error) http.Handler {
	t.Helper()
	c := PagesConfig{
		Base: testBase, Desk: "/_cobrowse/desk",
		SameOrigin: func(r *http.Request) bool { return r.Header.Get("Sec-Fetch-Site") == "same-origin" },
		Login:      login,
	}
	if login != nil {
		c.LoggedIn = func(_ http.ResponseWriter, _ *http.Request, s Session, p Person) error { return loggedIn(s, p) }
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
	pages := newPages(t, f.app, nil, nil)
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
			!strings.HasPrefix(w.Body.String(), "you are not an agent here") {
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
	pages := newPages(t, f.app, nil, nil)
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

// TestLoginInSession: the session that began a login finishes it, with the
// context's action; no other does, and nobody does twice.
func TestLoginInSession(t *testing.T) {
	f, l := newAppFixture(t, func(*Config) {}), newLoginFixture(t)
	var got []string
	pages := newPages(t, f.app, l.ExternalLogin, func(s Session, p Person) error {
		if p.Name == "" {
			return errors.New("nobody")
		}
		got = append(got, s.UserID+" is "+p.ID)
		return nil
	})
	mine, other := newSession(t, f.app, testUID), newSession(t, f.app, testUID)
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
		var reply struct{ URL string }
		if err := json.Unmarshal(begin(func(*http.Request) {}, mine).Body.Bytes(), &reply); err != nil {
			t.Fatal(err)
		}
		_, query, _ := strings.Cut(reply.URL, "?")
		r := httptest.NewRequest(http.MethodGet, testBase+"/callback?code=good&"+query, nil)
		location, err := do(pages, r).Result().Location()
		if err != nil {
			t.Fatal(err)
		}
		return contextWith(t, func(m map[string]any) { m["act"] = location.Query().Get("act") })
	}

	sealed := ticket()
	for n, test := range []struct {
		cookies []*http.Cookie
		sealed  string
		status  int
	}{
		{[]*http.Cookie{mine}, sealed, 204},
		{[]*http.Cookie{mine}, sealed, 409}, // again
		{[]*http.Cookie{other}, ticket(), 409},
		{nil, ticket(), 409},
		{[]*http.Cookie{mine}, contextWith(t, func(m map[string]any) { m["act"] = "login:x" }), 409},
		{[]*http.Cookie{mine}, contextWith(t, func(m map[string]any) { m["act"], m["uid"] = "login:x", "stranger" }), 403},
	} {
		if w := do(pages, postContext(t, test.sealed, test.cookies...)); w.Code != test.status || len(w.Result().Cookies()) > 0 {
			t.Errorf("%d: status %d, %v", n, w.Code, w.Header())
		}
	}
	if !slices.Equal(got, []string{testUID + " is ana@idp.example"}) {
		t.Errorf("%v", got)
	}
}

func TestPagesRefused(t *testing.T) {
	f := newAppFixture(t, func(*Config) {})
	if _, err := f.app.Pages(PagesConfig{Base: testBase}); err == nil {
		t.Error("without an origin check")
	}
	if _, err := f.app.Pages(PagesConfig{Base: testBase, SameOrigin: func(*http.Request) bool { return true }, Login: &ExternalLogin{}}); err == nil {
		t.Error("a login that nobody is told of")
	}
}
