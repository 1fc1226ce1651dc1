package proxy

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// own asks one of our routes and fails where the site is reached.
func own(t *testing.T, m *Middleware, method, path string, fields ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest(method, "https://shop.example"+path, nil)
	for _, f := range fields {
		name, value, _ := strings.Cut(f, ": ")
		r.Header.Add(name, value)
	}
	w := httptest.NewRecorder()
	if err := m.ServeHTTP(w, r, func(http.ResponseWriter, *http.Request) error {
		t.Errorf("%s reached the site", path)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return w
}

func TestAssets(t *testing.T) {
	m := newTestMiddleware(t, Config{})
	loader := m.routes.assets.byStem["loader.js"]
	path := "/_cobrowse/" + loader.Name
	for coding, want := range map[string][]byte{"": loader.Body, "gzip": loader.Gzip, "br": loader.Brotli} {
		t.Run("coding "+coding, func(t *testing.T) {
			w := own(t, m, "GET", path, "Accept-Encoding: "+coding)
			if w.Code != 200 || w.Body.String() != string(want) || w.Header().Get("Content-Encoding") != coding {
				t.Errorf("got %d, %d bytes, %q", w.Code, w.Body.Len(), w.Header().Get("Content-Encoding"))
			}
			checkFields(t, w.Header(), []string{
				"Content-Type: text/javascript", "Cache-Control: public, max-age=31536000, immutable",
				"X-Content-Type-Options: nosniff", "Vary: Accept-Encoding", "Cross-Origin-Resource-Policy: same-origin",
			}, nil)
			again := own(t, m, "GET", path, "Accept-Encoding: "+coding, "If-None-Match: W/"+w.Header().Get("Etag"))
			if again.Code != 304 || again.Body.Len() > 0 {
				t.Errorf("revalidation: %d", again.Code)
			}
		})
	}
	t.Run("an old hash gets today's file", func(t *testing.T) {
		w := own(t, m, "GET", "/_cobrowse/loader-000000000000.js")
		if w.Code != 200 || w.Body.String() != string(loader.Body) {
			t.Errorf("got %d", w.Code)
		}
		checkFields(t, w.Header(), []string{"Cache-Control: no-cache"}, []string{"Location"})
	})
	t.Run("HEAD", func(t *testing.T) {
		if w := own(t, m, "HEAD", path); w.Code != 200 || w.Body.Len() > 0 || w.Header().Get("Content-Length") != itoa(len(loader.Body)) {
			t.Errorf("got %d, %d bytes", w.Code, w.Body.Len())
		}
	})
	t.Run("POST", func(t *testing.T) {
		if w := own(t, m, "POST", path); w.Code != 405 || w.Header().Get("Allow") != "GET, HEAD" {
			t.Errorf("got %d, Allow %q", w.Code, w.Header().Get("Allow"))
		}
	})
}

func TestUnknownRoutesAreProblems(t *testing.T) {
	m := newTestMiddleware(t, Config{})
	for _, path := range []string{"/_cobrowse", "/_cobrowse/", "/_cobrowse/nothing", "/_cobrowse/loader-.js", "/_cobrowse/nothing-1.js", "/_cobrowse/desk/", "/_cobrowse/token/x"} {
		t.Run(path, func(t *testing.T) {
			w := own(t, m, "GET", path)
			if w.Code != 404 || w.Header().Get("Content-Type") != "application/problem+json" || !strings.Contains(w.Body.String(), `"code":"not-found"`) {
				t.Errorf("got %d %s", w.Code, w.Body)
			}
		})
	}
}

func TestDesk(t *testing.T) {
	anna := AgentIdentifierFunc(func(r *http.Request) (Agent, error) {
		switch r.Header.Get("X-Test-Login") {
		case "anna":
			return Agent{ID: "anna"}, nil
		case "nameless":
			return Agent{}, nil
		case "down":
			return Agent{}, errors.New("no answer")
		case "crash":
			panic("identifier")
		}
		return Agent{}, ErrUnidentified
	})
	tests := []struct {
		name   string
		agents AgentIdentifier
		login  string
		status int
		says   string
	}{
		{"nothing configured", nil, "anna", 403, "agents caddy_user"},
		{"not signed in", anna, "", 403, ""},
		{"an agent", anna, "anna", 200, `id="stage"`},
		{"identity without ID", anna, "nameless", 403, ""},
		{"identity source crashes", anna, "crash", 503, "wait a minute"},
		{"identity source is down", anna, "down", 503, "wait a minute"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := newTestMiddleware(t, Config{Agents: tt.agents})
			w := own(t, m, "GET", "/_cobrowse/desk", "X-Test-Login: "+tt.login)
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.says) || (w.Header().Get("Retry-After") != "") != (w.Code == 503) {
				t.Errorf("got %d %s", w.Code, w.Body)
			}
			checkFields(t, w.Header(), []string{
				"Content-Type: text/html; charset=utf-8", "Content-Security-Policy: default-src 'none'",
				"Strict-Transport-Security: max-age=31536000", "X-Content-Type-Options: nosniff",
				"X-Frame-Options: DENY", "Referrer-Policy: strict-origin", "Cross-Origin-Opener-Policy: same-origin",
				"Cross-Origin-Resource-Policy: same-origin", "Permissions-Policy: ", "Cache-Control: no-store",
			}, []string{"X-Cobrowse"})
		})
	}
	t.Run("POST", func(t *testing.T) {
		if w := own(t, newTestMiddleware(t, Config{}), "POST", "/_cobrowse/desk"); w.Code != 405 {
			t.Errorf("got %d", w.Code)
		}
	})
}

// TestRewrittenPathsStayOurs has something in front that rewrites every path,
// as try_files does for single-page applications.
func TestRewrittenPathsStayOurs(t *testing.T) {
	sent := new(url.URL)
	m := newTestMiddleware(t, Config{OriginalURL: func(*http.Request) *url.URL { return sent }})
	for path, want := range map[string]int{
		"/_cobrowse/" + m.routes.assets.byStem["loader.js"].Name: 200,
		"/_cobrowse/desk":  403,
		"/_COBROWSE/desk":  400,
		"/_cobrowse/token": 405,
	} {
		*sent = url.URL{Path: path}
		if w := own(t, m, "GET", "/index.html"); w.Code != want {
			t.Errorf("%s: %d, want %d", path, w.Code, want)
		}
	}
}
