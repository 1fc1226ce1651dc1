package proxy

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// fakeApp knows its agents by a header field, and is mounted at /app.
type fakeApp struct{ mount AppMount }

func (*fakeApp) Identify(r *http.Request) (Agent, error) {
	if r.Header.Get("X-App") == "" {
		return Agent{}, ErrUnidentified
	}
	return Agent{ID: r.Header.Get("X-App")}, nil
}

func (*fakeApp) Folder() string { return "app" }

func (f *fakeApp) Mount(m AppMount) (http.Handler, error) {
	if f.mount.Base != "" {
		return nil, errors.New("mounted twice")
	}
	f.mount = m
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/costly") && !m.Admit(w, r) {
			return
		}
		_, _ = io.WriteString(w, "app "+r.URL.Path)
	}), nil
}

func (*fakeApp) Enter(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Entered", r.Header.Get("X-App"))
}
func (*fakeApp) Frame(h http.Header, _ *http.Request) { h.Set("X-Framed", "yes") }
func (*fakeApp) Isolated() bool                       { return true }
func (*fakeApp) Inside(r *http.Request) bool          { return r.Header.Get("X-Inside") != "" }
func (*fakeApp) Strip(h http.Header)                  { h.Del("X-App") }

// TestAgentApp: an app gets what is below its folder, and nothing of it reaches
// the site.
func TestAgentApp(t *testing.T) {
	app := &fakeApp{}
	m := newTestMiddleware(t, Config{
		Agents: app, AgentApp: app, Inject: InjectConfig{Expose: true},
		Limits:      LimitsConfig{TokensPerClient: 2},
		OriginalURL: func(*http.Request) *url.URL { return nil },
	})
	t.Cleanup(func() { _ = m.Close() })
	if app.mount.Base != "/_cobrowse/app" || app.mount.Desk != "/_cobrowse/desk" {
		t.Errorf("mounted at %+v", app.mount)
	}
	var site http.Header
	get := func(path string, fields ...string) *httptest.ResponseRecorder {
		t.Helper()
		site = nil
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.Header.Set("Sec-Fetch-Dest", "document")
		for i := 0; i < len(fields); i += 2 {
			r.Header.Set(fields[i], fields[i+1])
		}
		w := httptest.NewRecorder()
		err := m.ServeHTTP(w, r, func(w http.ResponseWriter, r *http.Request) error {
			site = r.Header.Clone()
			w.Header().Set("Content-Type", "text/html")
			_, err := io.WriteString(w, plainPage)
			return err
		})
		if err != nil {
			t.Error(err)
		}
		return w
	}

	for _, path := range []string{"/_cobrowse/app", "/_cobrowse/app/", "/_cobrowse/app/a/b"} {
		if w := get(path); w.Body.String() != "app "+path || site != nil {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	if w := get("/_cobrowse/apple"); w.Code != http.StatusNotFound || site != nil {
		t.Errorf("another folder: %d %s", w.Code, w.Body)
	}
	if w := get("/_cobrowse/desk", "X-App", "ann"); w.Code != http.StatusOK || w.Header().Get("X-Entered") != "ann" || w.Header().Get("X-Framed") != "yes" {
		t.Errorf("desk: %d %v", w.Code, w.Header())
	}
	if w := get("/_cobrowse/desk"); w.Code != http.StatusForbidden || w.Header().Get("X-Entered") != "" {
		t.Errorf("desk for nobody: %d %v", w.Code, w.Header())
	}
	if w := get("/", "X-App", "ann"); site == nil || site.Get("X-App") != "" || w.Header().Get("X-Cobrowse") != Injected {
		t.Errorf("the site got %v, X-Cobrowse %q", site, w.Header().Get("X-Cobrowse"))
	}
	if w := get("/", "X-Inside", "1"); w.Body.String() != plainPage || w.Header().Get("X-Cobrowse") != "skipped; reason=zoom-client" {
		t.Errorf("inside: X-Cobrowse %q, %s", w.Header().Get("X-Cobrowse"), w.Body)
	}
	get("/_cobrowse/app/costly")
	get("/_cobrowse/app/costly")
	if w := get("/_cobrowse/app/costly"); w.Code != http.StatusTooManyRequests || w.Header().Get("Retry-After") == "" {
		t.Errorf("the third costly one: %d", w.Code)
	}

	r := httptest.NewRequest(http.MethodPost, "/_cobrowse/app", nil)
	for name, want := range map[string]bool{"same-origin": true, "cross-site": false, "same-site": false, "": false} {
		r.Header.Set("Sec-Fetch-Site", name)
		if name == "" {
			r.Header.Del("Sec-Fetch-Site")
		}
		if app.mount.SameOrigin(r) != want {
			t.Errorf("Sec-Fetch-Site %q: %v", name, !want)
		}
	}
}

// TestAgentAppRewritten: the app sees the URL that the client sent, not what a
// site's rewrite made of it.
func TestAgentAppRewritten(t *testing.T) {
	app := &fakeApp{}
	m := newTestMiddleware(t, Config{
		Agents: app, AgentApp: app,
		OriginalURL: func(*http.Request) *url.URL { return &url.URL{Path: "/_cobrowse/app/page"} },
	})
	t.Cleanup(func() { _ = m.Close() })
	w := httptest.NewRecorder()
	err := m.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/index.php", nil), func(http.ResponseWriter, *http.Request) error {
		t.Error("the request reached the site")
		return nil
	})
	if err != nil || w.Body.String() != "app /_cobrowse/app/page" {
		t.Errorf("%v, %s", err, w.Body)
	}
}
