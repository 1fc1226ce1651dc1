package proxy

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// serve returns a handler that answers with a status, header fields and a body.
func serve(status int, body string, fields ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for _, f := range fields {
			name, value, _ := strings.Cut(f, ": ")
			w.Header().Add(name, value)
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

const htmlType = "Content-Type: text/html; charset=utf-8"

// TestBehaviour is the table of what a response's and a request's header do to
// injection. Every row goes through real servers.
func TestBehaviour(t *testing.T) {
	length := "Content-Length: " + strconv.Itoa(len(page))
	tests := []struct {
		name   string
		method string
		ask    []string
		site   http.HandlerFunc
		status int
		want   string // "injected" or the reason
		has    []string
		hasnt  []string
	}{
		{name: "document", site: serve(200, page, htmlType), want: Injected, has: []string{"Vary: Sec-Fetch-Dest"}},
		{name: "document with length", site: serve(200, page, htmlType, length), want: Injected},
		{name: "iframe", ask: []string{"Sec-Fetch-Dest: iframe"}, site: serve(200, page, htmlType), want: Injected},
		{name: "frame", ask: []string{"Sec-Fetch-Dest: frame"}, site: serve(200, page, htmlType), want: Injected},
		{name: "form post that navigates", method: "POST", site: serve(200, page, htmlType), want: Injected},
		{name: "404 page", site: serve(404, page, htmlType), status: 404, want: Injected},
		{name: "500 page", site: serve(500, page, htmlType), status: 500, want: Injected},
		{name: "type in upper case", site: serve(200, page, "Content-Type: TEXT/HTML"), want: Injected},

		{name: "script's fetch", ask: []string{"Sec-Fetch-Dest: empty"}, site: serve(200, page, htmlType, length), want: "not-a-document", has: []string{length}, hasnt: []string{"Vary"}},
		{name: "image", ask: []string{"Sec-Fetch-Dest: image"}, site: serve(200, page, htmlType), want: "not-a-document"},
		{name: "no Sec-Fetch-Dest, a browser", ask: []string{"Accept: text/html,*/*;q=0.8"}, site: serve(200, page, htmlType), want: Injected, has: []string{"Vary: Sec-Fetch-Dest", "Vary: Accept", "Vary: X-Requested-With"}},
		{name: "no Sec-Fetch-Dest, XMLHttpRequest", ask: []string{"Accept: text/html", "X-Requested-With: XMLHttpRequest"}, site: serve(200, page, htmlType), want: "not-a-document"},
		{name: "no Sec-Fetch-Dest, any type", ask: []string{"Accept: */*"}, site: serve(200, page, htmlType), want: "not-a-document"},
		{name: "no Sec-Fetch-Dest, no Accept", ask: []string{"X-Nothing: 1"}, site: serve(200, page, htmlType), want: "not-a-document"},
		{name: "no Sec-Fetch-Dest, post", method: "POST", ask: []string{"Accept: text/html"}, site: serve(200, page, htmlType), want: "not-a-document"},
		{name: "no Sec-Fetch-Dest, a text fragment", ask: []string{"Accept: text/html"}, site: serve(200, "Balance: 1", htmlType), want: "no-markup"},
		{name: "PUT", method: "PUT", site: serve(200, page, htmlType), want: "method"},

		{name: "HEAD", method: "HEAD", site: serve(200, "", htmlType, length, `ETag: "v1"`), want: "head", has: []string{"Vary: Sec-Fetch-Dest"}, hasnt: []string{"Content-Length"}},
		{name: "204", site: serve(204, "", htmlType), status: 204, want: "status"},
		{name: "206", site: serve(206, page[:9], htmlType, "Content-Range: bytes 0-8/90"), status: 206, want: "partial-content"},
		{name: "redirect", site: serve(302, page, htmlType, "Location: /x"), status: 302, want: "status"},
		{name: "304 unasked", site: serve(304, "", htmlType, `ETag: "v1"`), status: 304, want: "status"},
		{name: "JSON", site: serve(200, `{"a":"<head>"}`, "Content-Type: application/json"), want: "media-type"},
		{name: "XHTML", site: serve(200, page, "Content-Type: application/xhtml+xml"), want: "media-type"},
		{name: "no Content-Type", site: func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Type"] = nil
			_, _ = io.WriteString(w, page)
		}, want: "media-type"},
		{name: "attachment", site: serve(200, page, htmlType, `Content-Disposition: attachment; filename="a.html"`), want: "attachment"},
		{name: "inline disposition", site: serve(200, page, htmlType, `Content-Disposition: inline; filename="a.html"`), want: Injected},
		{name: "no-transform", site: serve(200, page, htmlType, "Cache-Control: public, No-Transform"), want: "no-transform"},
		{name: "incremental", site: serve(200, page, htmlType, "Incremental: ?1"), want: "incremental"},
		{name: "empty body, length 0", site: serve(200, "", htmlType, "Content-Length: 0"), want: "empty"},
		{name: "empty body", site: serve(200, "", htmlType), want: "empty"},
		{name: "unknown coding", site: serve(200, page, htmlType, "Content-Encoding: exi"), want: "content-encoding"},
		{name: "unknown charset", site: serve(200, page, "Content-Type: text/html; charset=klingon"), want: "unknown-charset"},
		{name: "unfinished comment", site: serve(200, "<!-- page", htmlType), want: "no-insertion-point"},

		{
			name: "digests and ranges go", site: serve(200, page, htmlType, "Content-MD5: x", "Digest: x", "Repr-Digest: x", "Content-Digest: x", "Accept-Ranges: bytes", `ETag: "v1"`, "Last-Modified: Sun, 01 Nov 2026 10:00:00 GMT"),
			want: Injected, has: []string{"Last-Modified: Sun"}, hasnt: []string{"Content-MD5", "Digest", "Repr-Digest", "Content-Digest", "Accept-Ranges"},
		},
		{name: "date without tag goes", site: serve(200, page, htmlType, "Last-Modified: Sun, 01 Nov 2026 10:00:00 GMT"), want: Injected, hasnt: []string{"Last-Modified"}},
		{name: "Vary is kept", site: serve(200, page, htmlType, "Vary: Cookie"), want: Injected, has: []string{"Vary: Cookie", "Vary: Sec-Fetch-Dest"}},
		{
			name: "cookies and isolation stay", site: serve(200, page, htmlType, "Set-Cookie: s=1", "Set-Cookie: t=2", "Strict-Transport-Security: max-age=9", "Cross-Origin-Opener-Policy: same-origin"),
			want: Injected, has: []string{"Set-Cookie: s=1", "Set-Cookie: t=2", "Strict-Transport-Security: max-age=9", "Cross-Origin-Opener-Policy: same-origin"},
		},
		{name: "sandboxed by policy", site: serve(200, page, htmlType, "Content-Security-Policy: sandbox allow-forms", `ETag: "v1"`), want: "csp-sandbox", has: []string{"Content-Security-Policy: sandbox allow-forms", `Etag: "v1"`}},
		{name: "policy is edited", site: serve(200, page, htmlType, "Content-Security-Policy: default-src 'self'"), want: Injected, has: []string{"Content-Security-Policy: default-src 'self'; "}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			count := newCounter()
			m := newTestMiddleware(t, Config{Inject: InjectConfig{Expose: true}, Observer: count})
			srv := front(t, m, tt.site)
			method := tt.method
			if method == "" {
				method = http.MethodGet
			}
			fields := tt.ask
			if fields == nil {
				fields = []string{document}
			}
			got := ask(t, method, srv.URL+"/", fields...)
			status := tt.status
			if status == 0 {
				status = 200
			}
			if got.StatusCode != status {
				t.Errorf("status %d, want %d", got.StatusCode, status)
			}
			checkResult(t, got, count, tt.want)
			if injected := strings.Contains(got.body, m.tag.plain); injected != (tt.want == Injected) {
				t.Errorf("injected = %t: %q", injected, got.body)
			}
			if n := got.ContentLength; n >= 0 && method != http.MethodHead && n != int64(len(got.body)) {
				t.Errorf("Content-Length %d, body %d", n, len(got.body))
			}
			checkFields(t, got.Header, tt.has, tt.hasnt)
		})
	}
}

func checkResult(t *testing.T, got answer, count *counter, want string) {
	t.Helper()
	shown := want
	if want != Injected {
		shown = "skipped; reason=" + want
	}
	if x := got.Header.Get("X-Cobrowse"); x != shown {
		t.Errorf("X-Cobrowse %q, want %q", x, shown)
	}
	count.mu.Lock()
	defer count.mu.Unlock()
	if len(count.injections) != 1 || count.injections[want] != 1 {
		t.Errorf("counted %v, want one %s", count.injections, want)
	}
}

// checkFields asserts that fields "Name: prefix of a line" are there and names are not.
func checkFields(t *testing.T, h http.Header, has, hasnt []string) {
	t.Helper()
	for _, f := range has {
		name, prefix, _ := strings.Cut(f, ": ")
		found := false
		for _, line := range h.Values(name) {
			found = found || strings.HasPrefix(line, prefix)
		}
		if !found {
			t.Errorf("no %s in %v", f, h)
		}
	}
	for _, name := range hasnt {
		if v := h.Values(name); len(v) > 0 {
			t.Errorf("%s: %q is still there", name, v)
		}
	}
}

func TestUntouchedIsByteIdentical(t *testing.T) {
	odd := "  <!-- \x00\xff unfinished " + strings.Repeat("x", 70<<10)
	m := newTestMiddleware(t, Config{})
	srv := front(t, m, serve(200, odd, htmlType, `ETag: "v1"`, "Last-Modified: Sun, 01 Nov 2026 10:00:00 GMT", "Accept-Ranges: bytes", "Content-Length: "+strconv.Itoa(len(odd))))
	got := ask(t, "GET", srv.URL, document)
	if got.body != odd {
		t.Error("the body differs")
	}
	checkFields(t, got.Header, []string{`Etag: "v1"`, "Last-Modified: Sun", "Accept-Ranges: bytes", fmt.Sprintf("Content-Length: %d", len(odd))}, []string{"Vary"})
}

// conditional answers like a static file server with one entity tag.
func conditional(tag string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Etag", tag)
		w.Header().Set("Content-Security-Policy", "default-src 'self'")
		for _, line := range r.Header.Values("If-None-Match") {
			if strings.Contains(line, tag) {
				w.WriteHeader(http.StatusNotModified)
				return
			}
		}
		if r.Header.Get("If-Modified-Since") != "" {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, page)
	}
}

func TestRevalidation(t *testing.T) {
	for _, tag := range []string{`"v1"`, `W/"v1"`, `"a,b"`} {
		t.Run(tag, func(t *testing.T) {
			m := newTestMiddleware(t, Config{})
			srv := front(t, m, conditional(tag))
			first := ask(t, "GET", srv.URL, document)
			ours := first.Header.Get("Etag")
			if first.body != injectedPage(m) || ours != strings.TrimSuffix(tag, `"`)+m.etags.suffix {
				t.Fatalf("first answer %q, tag %q", first.body, ours)
			}
			again := ask(t, "GET", srv.URL, document, "If-None-Match: "+ours)
			if again.StatusCode != 304 || again.Header.Get("Etag") != ours {
				t.Errorf("with our tag: %d, %q", again.StatusCode, again.Header.Get("Etag"))
			}
			checkFields(t, again.Header, []string{"Vary: Sec-Fetch-Dest"}, nil)
			if got, want := again.Header.Get("Content-Security-Policy"), first.Header.Get("Content-Security-Policy"); got != want {
				t.Errorf("policy on 304 %q, on 200 %q", got, want)
			}
			list := ask(t, "GET", srv.URL, document, `If-None-Match: "other", `+ours+`, "third"`)
			if list.StatusCode != 304 {
				t.Errorf("with a list: %d", list.StatusCode)
			}
		})
	}
}

func TestOldCopiesAreNotRevived(t *testing.T) {
	m := newTestMiddleware(t, Config{})
	srv := front(t, m, conditional(`"v1"`))
	for _, field := range []string{
		`If-None-Match: "v1"`,
		`If-None-Match: "v1-cb.0123456789ab"`,
		`If-None-Match: *`,
		"If-Modified-Since: Sun, 01 Nov 2026 10:00:00 GMT",
	} {
		t.Run(field, func(t *testing.T) {
			if got := ask(t, "GET", srv.URL, document, field); got.StatusCode != 200 || got.body != injectedPage(m) {
				t.Errorf("got %d %q", got.StatusCode, got.body)
			}
		})
	}
	t.Run("a file's copy is the site's affair", func(t *testing.T) {
		if got := ask(t, "GET", srv.URL+"/price-list.PDF", document, `If-None-Match: "v1"`); got.StatusCode != 304 || got.Header.Get("Etag") != `"v1"` {
			t.Errorf("got %d, %q", got.StatusCode, got.Header.Get("Etag"))
		}
	})
	t.Run("a script's copy is the site's affair", func(t *testing.T) {
		if got := ask(t, "GET", srv.URL, "Sec-Fetch-Dest: empty", `If-None-Match: "v1"`); got.StatusCode != 304 || got.Header.Get("Etag") != `"v1"` {
			t.Errorf("got %d, %q", got.StatusCode, got.Header.Get("Etag"))
		}
	})
}

func TestRequestIsRestored(t *testing.T) {
	m := newTestMiddleware(t, Config{})
	before := http.Header{
		"Sec-Fetch-Dest": {"document"}, "Accept-Encoding": {"br, gzip, zstd"},
		"Range": {"bytes=0-9"}, "If-Range": {`"v1"`}, "If-None-Match": {`"v1"`}, "If-Modified-Since": {"x"},
	}
	r, _ := http.NewRequest("GET", "http://shop.example/", nil)
	r.Header = before.Clone()
	var seen http.Header
	err := m.ServeHTTP(discardWriter{http.Header{}}, r, func(_ http.ResponseWriter, r *http.Request) error {
		seen = r.Header.Clone()
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want := http.Header{"Sec-Fetch-Dest": {"document"}, "Accept-Encoding": {"gzip"}}
	if fmt.Sprint(seen) != fmt.Sprint(want) {
		t.Errorf("the site saw %v, want %v", seen, want)
	}
	if fmt.Sprint(r.Header) != fmt.Sprint(before) {
		t.Errorf("afterwards %v, want %v", r.Header, before)
	}
}

type discardWriter struct{ h http.Header }

func (d discardWriter) Header() http.Header         { return d.h }
func (d discardWriter) Write(p []byte) (int, error) { return len(p), nil }
func (d discardWriter) WriteHeader(int)             {}
