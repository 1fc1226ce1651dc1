package proxy

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"
)

// codings encode and decode what upstreams may send, asked or not.
var codings = map[string]struct {
	writer func(io.Writer) io.WriteCloser
	reader func(io.Reader) (io.Reader, error)
}{
	"br": {
		func(w io.Writer) io.WriteCloser { return brotli.NewWriter(w) },
		func(r io.Reader) (io.Reader, error) { return brotli.NewReader(r), nil },
	},
	"deflate": {
		func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) },
		func(r io.Reader) (io.Reader, error) { return zlib.NewReader(r) },
	},
	"zstd": {
		func(w io.Writer) io.WriteCloser {
			z, err := zstd.NewWriter(w)
			if err != nil {
				panic(err)
			}
			return z
		},
		func(r io.Reader) (io.Reader, error) { return zstd.NewReader(r) },
	},
}

func encode(t *testing.T, coding, s string) string {
	t.Helper()
	if coding == "gzip" {
		return gzipped(t, s)
	}
	var b bytes.Buffer
	w := codings[coding].writer(&b)
	if _, err := io.WriteString(w, s); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func decode(t *testing.T, coding, s string) string {
	t.Helper()
	if coding == "gzip" {
		return gunzipped(t, s)
	}
	r, err := codings[coding].reader(strings.NewReader(s))
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestCompressedPages(t *testing.T) {
	var rows strings.Builder
	for i := range 20000 {
		fmt.Fprintf(&rows, "<tr><td>%d<td>%x\n", i, i*i*7919)
	}
	long := strings.Replace(page, "Balance", rows.String(), 1)
	for _, coding := range []string{"gzip", "br", "deflate", "zstd"} {
		for name, text := range map[string]string{"short": page, "long": long} {
			t.Run(coding+", "+name, func(t *testing.T) {
				m := newTestMiddleware(t, Config{})
				body := encode(t, coding, text)
				srv := front(t, m, serve(200, body, htmlType, "Content-Encoding: "+coding, "Content-Length: "+itoa(len(body))))
				got := ask(t, "GET", srv.URL, document, "Accept-Encoding: gzip, br")
				if got.Header.Get("Content-Encoding") != coding {
					t.Fatalf("Content-Encoding %q", got.Header.Get("Content-Encoding"))
				}
				if want := strings.Replace(text, "<head>", "<head>"+m.tag.plain, 1); decode(t, coding, got.body) != want {
					t.Error("the page differs from the original with our element")
				}
			})
		}
	}
}

func TestBombsPassUntouched(t *testing.T) {
	bomb := "<!DOCTYPE html><html><head></head><body>" + strings.Repeat("\x00", 64<<20)
	for _, coding := range []string{"br", "deflate", "zstd"} {
		t.Run(coding, func(t *testing.T) {
			count := newCounter()
			m := newTestMiddleware(t, Config{Observer: count})
			body := encode(t, coding, bomb)
			srv := front(t, m, serve(200, body, htmlType, "Content-Encoding: "+coding))
			if got := ask(t, "GET", srv.URL, document); got.body != body {
				t.Errorf("%d bytes instead of %d", len(got.body), len(body))
			}
			if count.of("inflation") != 1 {
				t.Error("the inflation was not counted")
			}
		})
	}
}

// TestGzipBombIsSpliced shows that a bomb in gzip costs us nothing: the part
// around the head is edited, and the rest is copied as it is.
func TestGzipBombIsSpliced(t *testing.T) {
	bomb := "<!DOCTYPE html><html><head></head><body>" + strings.Repeat("\x00", 64<<20)
	count := newCounter()
	m := newTestMiddleware(t, Config{Observer: count})
	body := gzipped(t, bomb)
	srv := front(t, m, serve(200, body, htmlType, "Content-Encoding: gzip"))
	got := ask(t, "GET", srv.URL, document, "Accept-Encoding: gzip")
	if grown := len(got.body) - len(body); grown < 0 || grown > 512 {
		t.Errorf("%d bytes became %d", len(body), len(got.body))
	}
	if count.of(Injected) != 1 || gunzipped(t, got.body) != strings.Replace(bomb, "<head>", "<head>"+m.tag.plain, 1) {
		t.Error("the page differs from the original with our element")
	}
}

// TestUpstreamIsAskedForWhatWeCanEdit checks Accept-Encoding of documents, and
// that other requests keep theirs.
func TestUpstreamIsAskedForWhatWeCanEdit(t *testing.T) {
	tests := []struct{ dest, accepts, asked string }{
		{"document", "gzip, deflate, br, zstd", "gzip"},
		{"document", "br, zstd", "identity"},
		{"document", "gzip;q=0, br", "identity"},
		{"document", "", "identity"},
		{"empty", "gzip, deflate, br, zstd", "gzip, deflate, br, zstd"},
		{"script", "br", "br"},
	}
	for _, tt := range tests {
		t.Run(tt.dest+" "+tt.accepts, func(t *testing.T) {
			m := newTestMiddleware(t, Config{})
			asked := make(chan string, 1)
			srv := front(t, m, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				asked <- r.Header.Get("Accept-Encoding")
			}))
			fields := []string{"Sec-Fetch-Dest: " + tt.dest}
			if tt.accepts != "" {
				fields = append(fields, "Accept-Encoding: "+tt.accepts)
			}
			ask(t, "GET", srv.URL, fields...)
			if got := <-asked; got != tt.asked {
				t.Errorf("the site was asked for %q, want %q", got, tt.asked)
			}
		})
	}
}
