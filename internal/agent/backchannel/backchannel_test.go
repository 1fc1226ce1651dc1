package backchannel

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestLimits(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("another server was asked") }))
	defer other.Close()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/full":
			_, _ = io.WriteString(w, strings.Repeat("x", MaxBody))
		case "/over":
			_, _ = io.WriteString(w, strings.Repeat("x", MaxBody+1))
		case "/here":
			http.Redirect(w, r, "/full", http.StatusFound)
		case "/there", "/there/post":
			http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
		case "/tls":
			http.Redirect(w, r, "https://"+r.Host+"/full", http.StatusFound)
		case "/round":
			http.Redirect(w, r, "/round", http.StatusFound)
		case "/header":
			w.Header().Set("X", strings.Repeat("x", 2*maxHeader))
		}
	}))
	defer server.Close()
	client := New(nil)
	defer client.CloseIdleConnections()
	tests := []struct {
		path string
		n    int
		want error // nil with n < 0 means any
	}{
		{"/full", MaxBody, nil},
		{"/over", MaxBody, ErrTooLarge},
		{"/here", MaxBody, nil},
		{"/there", 0, ErrRedirect},
		{"/there/post", 0, ErrRedirect},
		{"/tls", 0, ErrRedirect},
		{"/round", 0, ErrRedirect},
		{"/header", -1, nil},
	}
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			method := http.MethodGet
			if strings.HasSuffix(tt.path, "/post") {
				method = http.MethodPost
			}
			r, err := http.NewRequest(method, server.URL+tt.path, strings.NewReader("client_secret=x"))
			if err != nil {
				t.Fatal(err)
			}
			resp, err := client.Do(r)
			n := 0
			if err == nil {
				var body []byte
				body, err = io.ReadAll(resp.Body)
				n = len(body)
				_ = resp.Body.Close()
			}
			if tt.n < 0 && err == nil || tt.n >= 0 && (n != tt.n || !errors.Is(err, tt.want)) {
				t.Errorf("%d bytes, %v; want %d, %v", n, err, tt.n, tt.want)
			}
		})
	}
}

func TestCheckURL(t *testing.T) {
	for _, good := range []string{"https://login.example", "https://login.example:8443/realms/staff?x=y", "http://127.0.0.1:9998/", "http://[::1]/", "http://localhost", "http://idp.localhost:80"} {
		if err := CheckURL(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{
		"", "login.example", "/keys", "//login.example", "http://login.example", "http://10.0.0.1", "http://localhost.example", "ftp://login.example",
		"javascript:alert(1)", "https:login.example", "https://u:pass-word@login.example", "https://login.example/#x", "https://u:pass-word@\x7f", "http://127.0.0.1.example",
	} {
		if err := CheckURL(bad); err == nil || strings.Contains(err.Error(), "pass-word") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// TestGet: the body of a 200, and of nothing else; errors say where, not what.
func TestGet(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/keys" || r.Header.Get("Accept") != "application/json" {
			w.WriteHeader(http.StatusTeapot)
		}
		_, _ = io.WriteString(w, "hidden")
	}))
	t.Cleanup(srv.Close)
	client := New(srv.Client().Transport)
	if body, err := Get(t.Context(), client, srv.URL+"/keys", "application/json"); err != nil || string(body) != "hidden" {
		t.Errorf("%q, %v", body, err)
	}
	_, err := Get(t.Context(), client, srv.URL+"/other", "application/json")
	if err == nil || !strings.Contains(err.Error(), srv.URL+"/other answered with status 418") || strings.Contains(err.Error(), "hidden") {
		t.Errorf("status 418: %v", err)
	}
	for _, url := range []string{"http://127.0.0.1:1/", "\x00"} {
		if body, err := Get(t.Context(), client, url, ""); err == nil || body != nil {
			t.Errorf("%q: %q, %v", url, body, err)
		}
	}
}
