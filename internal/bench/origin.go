package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The origin is the web server behind the proxies: all bodies are made when it
// starts, so that a request costs it as little as possible.

const (
	// stallTime is how long /stall waits after the page's head.
	stallTime = 500 * time.Millisecond
	// hugeSize is the length of the page of /huge where the request names none
	// with ?size=, in bytes.
	hugeSize = 200 << 20
	// binarySize is the length of /binary, in bytes.
	binarySize = 10 << 20
	// dynamicSize is that of /dynamic, and jsonSize about that of /json.
	dynamicSize = 20 << 10
	jsonSize    = 2 << 10
)

// pageHead is what every page begins with. It is written as nginx and Apache
// need it, which look for "<head>" to the letter.
const pageHead = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Account overview</title>\n" +
	"<link rel=\"stylesheet\" href=\"/style.css\">\n</head>\n<body>\n"

const pageEnd = "</body>\n</html>\n"

// pageLines returns n bytes of body markup, in lines of ordinary length: Apache
// works line by line.
func pageLines(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "<tr><td>%06d</td><td>Direct debit no. %d</td><td class=\"n\">%d.%02d</td></tr>\n", i, i*7919%10007, i*31%997, i%100)
	}
	return b.String()[:n-1] + "\n"
}

// page returns a page of exactly size bytes.
func page(size int) []byte {
	return []byte(pageHead + pageLines(size-len(pageHead)-len(pageEnd)) + pageEnd)
}

// newOrigin returns the origin's handler.
func newOrigin() http.Handler {
	mux := http.NewServeMux()
	for _, s := range sizes {
		mux.Handle("/html/"+s.name, static("text/html; charset=utf-8", page(s.bytes)))
	}
	mux.Handle("/json", static("application/json", jsonBody(jsonSize)))
	mux.Handle("/binary", static("application/octet-stream", bytes.Repeat([]byte("0123456789abcdef"), binarySize/16)))
	mux.HandleFunc("/dynamic", dynamic(page(dynamicSize)))
	mux.HandleFunc("/stall", stall)
	mux.HandleFunc("/huge", huge)
	mux.HandleFunc("/ready", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	return mux
}

// jsonBody returns a JSON array of about size bytes.
func jsonBody(size int) []byte {
	var b bytes.Buffer
	b.WriteByte('[')
	for i := 0; b.Len() < size; i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"id":%d,"product":"Harbour Saver","percent":"3.60"}`, i)
	}
	b.WriteByte(']')
	return b.Bytes()
}

// static serves the same bytes always; HTML also in gzip, where that is asked for.
func static(contentType string, body []byte) http.HandlerFunc {
	var zipped []byte
	if strings.HasPrefix(contentType, "text/html") {
		zipped = gzipped(body, gzip.DefaultCompression)
	}
	return func(w http.ResponseWriter, r *http.Request) {
		h, data := w.Header(), body
		h["Content-Type"] = []string{contentType}
		if zipped != nil && wantsGzip(r) {
			h["Content-Encoding"] = []string{"gzip"}
			data = zipped
		}
		h["Content-Length"] = []string{strconv.Itoa(len(data))}
		_, _ = w.Write(data)
	}
}

// dynamicParts is how often a program flushes its page.
const dynamicParts = 4

// dynamic sends a page as a program makes it: in parts, each flushed, without a
// length; in gzip, where that is asked for, each part ends with a sync flush.
func dynamic(body []byte) http.HandlerFunc {
	var plain, zipped [][]byte
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	for i := range dynamicParts {
		part := body[i*len(body)/dynamicParts : (i+1)*len(body)/dynamicParts]
		plain = append(plain, part)
		_, _ = z.Write(part) // a bytes.Buffer takes everything
		_ = z.Flush()
		if i == dynamicParts-1 {
			_ = z.Close()
		}
		zipped = append(zipped, bytes.Clone(out.Bytes()))
		out.Reset()
	}
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Content-Type"] = []string{"text/html; charset=utf-8"}
		parts := plain
		if wantsGzip(r) {
			w.Header()["Content-Encoding"] = []string{"gzip"}
			parts = zipped
		}
		stream := http.NewResponseController(w)
		for _, part := range parts {
			_, _ = w.Write(part)
			_ = stream.Flush()
		}
	}
}

// stall sends the page's head at once and the rest after [stallTime], in gzip
// where that is asked for.
func stall(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	var out io.Writer = w
	flush := http.NewResponseController(w).Flush
	if wantsGzip(r) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		defer func() { _ = z.Close() }()
		flushBody := flush
		out, flush = z, func() error { _ = z.Flush(); return flushBody() }
	}
	_, _ = io.WriteString(out, pageHead+"<p>The first words</p>\n")
	_ = flush()
	select {
	case <-time.After(stallTime):
	case <-r.Context().Done():
		return
	}
	_, _ = io.WriteString(out, pageLines(4096)+pageEnd)
}

// huge streams a page of [hugeSize] bytes, or as many as are asked for.
func huge(w http.ResponseWriter, r *http.Request) {
	size, err := strconv.Atoi(r.FormValue("size"))
	if err != nil {
		size = hugeSize
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, pageHead)
	lines := []byte(pageLines(64 << 10))
	for sent := 0; sent < size; {
		n, err := w.Write(lines)
		if err != nil {
			return
		}
		sent += n
	}
	_, _ = io.WriteString(w, pageEnd)
}

// wantsGzip is as simple as the requests of this program are.
func wantsGzip(r *http.Request) bool {
	for _, v := range r.Header["Accept-Encoding"] {
		if strings.Contains(v, "gzip") {
			return true
		}
	}
	return false
}

func gzipped(data []byte, level int) []byte {
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, level)
	if err != nil {
		panic(err) // a level that does not exist
	}
	_, _ = z.Write(data) // a bytes.Buffer takes everything
	_ = z.Close()
	return out.Bytes()
}

// serveOrigin is the process of the origin.
func serveOrigin(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("serve-origin", flag.ContinueOnError)
	listen := flags.String("listen", "", "`address` to listen on")
	if err := flags.Parse(args); err != nil {
		return err
	}
	return serve(ctx, *listen, newOrigin())
}

// serve listens until ctx ends. Open connections are cut then: nobody waits for
// their answers.
func serve(ctx context.Context, address string, handler http.Handler) error {
	server := &http.Server{Addr: address, Handler: handler, ReadHeaderTimeout: time.Minute}
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	if err := server.ListenAndServe(); err != http.ErrServerClosed {
		return err
	}
	return nil
}
