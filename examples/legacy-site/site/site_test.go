package site

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// get fetches a path as a browser without any header of its own would: no
// redirect is followed and nothing is decompressed behind the test's back.
func get(t *testing.T, server *httptest.Server, path string, header map[string]string) (*http.Response, string) {
	t.Helper()
	return do(t, server, http.MethodGet, path, header, nil)
}

func do(t *testing.T, server *httptest.Server, method, path string, header map[string]string, body io.Reader) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, body)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range header {
		request.Header.Set(name, value)
	}
	client := &http.Client{
		Transport:     &http.Transport{DisableCompression: true, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	data, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(data)
}

func newServer(t *testing.T) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(New())
	t.Cleanup(server.Close)
	return server
}

func TestAnswers(t *testing.T) {
	server := newServer(t)
	const html = "text/html; charset=utf-8"
	tests := []struct {
		path        string
		request     map[string]string
		status      int
		contentType string
		header      map[string]string // "" means that it must be absent
		contains    []string
		lacks       []string
	}{
		{path: "/", status: 200, contentType: html, contains: []string{"HTML 4.01 Transitional", `id="rates"`}, header: map[string]string{"Content-Security-Policy": ""}},
		{path: "/fragments/rates", status: 200, contentType: html, contains: []string{"Harbour Saver"}, lacks: []string{"<html", "<head"}},
		{path: "/api/rates", status: 200, contentType: "application/json", contains: []string{`"product":"Harbour Saver"`}},
		{path: "/login", status: 200, contentType: html, contains: []string{`action="/login"`}, header: map[string]string{"Set-Cookie": ""}},
		{path: "/account", status: 303, header: map[string]string{"Location": "/login"}},
		{path: "/payment", status: 303, header: map[string]string{"Location": "/login"}},
		{path: "/api/accounts", status: 303, header: map[string]string{"Location": "/login"}},
		{path: "/frames/", status: 200, contentType: html, contains: []string{"<frameset", "<noframes>"}},
		{path: "/frames/menu", status: 200, contentType: html, contains: []string{"<title>"}, lacks: []string{"<head"}},
		{path: "/frames/town", status: 200, contentType: html, contains: []string{"<HEAD>", "</HEAD>"}},
		{path: "/frames/vale", status: 200, contentType: html, contains: []string{"<HEAD>"}},
		{path: "/documents/statement.csv", status: 200, contentType: "text/csv; charset=utf-8", header: map[string]string{"Content-Disposition": `attachment; filename="statement.csv"`}, contains: []string{"date,text,amount,balance\r\n1998-01-05,"}},
		{path: "/documents/mandate.html", status: 200, contentType: html, header: map[string]string{"Content-Disposition": `attachment; filename="mandate.html"`}, contains: []string{"<head>"}},
		{path: "/style.css", status: 200, contentType: "text/css; charset=utf-8"},
		{path: "/script.js", status: 200, contentType: "text/javascript; charset=utf-8"},
		{path: "/robots.txt", status: 200, contentType: "text/plain; charset=utf-8", contains: []string{"Disallow: /account"}},
		{path: "/logo.png", status: 200, contentType: "image/png", contains: []string{"\x89PNG\r\n"}},
		{path: "/banner.png", status: 200, contentType: "image/png", contains: []string{"\x89PNG\r\n"}},
		{path: "/favicon.ico", status: 200, contentType: "image/png", contains: []string{"\x89PNG\r\n"}},
		{path: "/error/404", status: 404, contentType: html, contains: []string{"there is no such page"}},
		{path: "/no/such/page", status: 404, contentType: html, contains: []string{"there is no such page"}},
		{path: "/error/500", status: 500, contentType: html, contains: []string{"with us, not with you"}},
		{path: "/security/self", status: 200, contentType: html, header: map[string]string{"Content-Security-Policy": "default-src 'self'"}, contains: []string{`src="/check.js"`}},
		{path: "/security/meta", status: 200, contentType: html, header: map[string]string{"Content-Security-Policy": ""}, contains: []string{`<meta http-equiv="Content-Security-Policy" content="default-src &#39;self&#39;`}},
		{path: "/security/report-only", status: 200, contentType: html, header: map[string]string{"Content-Security-Policy": "", "Content-Security-Policy-Report-Only": "default-src 'self'; report-uri /csp-report"}},
		{path: "/terms", status: 200, contentType: html, header: map[string]string{"Content-Encoding": "", "Vary": "Accept-Encoding"}, contains: []string{"leap years included"}},
		{path: "/terms", request: map[string]string{"Accept-Encoding": "gzip"}, status: 200, header: map[string]string{"Content-Encoding": "gzip"}},
		{path: "/terms", request: map[string]string{"Accept-Encoding": "gzip, br"}, status: 200, header: map[string]string{"Content-Encoding": "br"}},
		{path: "/terms/gzip", status: 200, header: map[string]string{"Content-Encoding": "gzip"}, contains: []string{"\x1f\x8b\x08"}},
		{path: "/terms/br", status: 200, header: map[string]string{"Content-Encoding": "br"}},
	}
	for _, tt := range tests {
		t.Run(strings.TrimPrefix(tt.path, "/")+tt.request["Accept-Encoding"], func(t *testing.T) {
			response, body := get(t, server, tt.path, tt.request)
			if response.StatusCode != tt.status {
				t.Errorf("status %d, want %d", response.StatusCode, tt.status)
			}
			if got := response.Header.Get("Content-Type"); tt.contentType != "" && got != tt.contentType {
				t.Errorf("Content-Type %q, want %q", got, tt.contentType)
			}
			for name, want := range tt.header {
				if got := response.Header.Get(name); got != want {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
			for _, want := range tt.contains {
				if !strings.Contains(body, want) {
					t.Errorf("body lacks %q", want)
				}
			}
			for _, unwanted := range tt.lacks {
				if strings.Contains(body, unwanted) {
					t.Errorf("body holds %q", unwanted)
				}
			}
		})
	}
}

func TestHeadHasNoBodyButTheSameLength(t *testing.T) {
	server := newServer(t)
	_, body := get(t, server, "/", nil)
	response, empty := do(t, server, http.MethodHead, "/", nil, nil)
	if empty != "" || response.ContentLength != int64(len(body)) {
		t.Errorf("HEAD: body of %d bytes, Content-Length %d, want 0 and %d", len(empty), response.ContentLength, len(body))
	}
}

// Two instances serve the same bytes, so that pictures and golden files made
// of the site do not change from run to run.
func TestEveryPageIsTheSameEachTime(t *testing.T) {
	one := httptest.NewServer(NewWithRandom(zeros{}))
	defer one.Close()
	two := httptest.NewServer(NewWithRandom(zeros{}))
	defer two.Close()
	for _, group := range Catalogue() {
		for _, link := range group.Links {
			a, first := get(t, one, link.Path, nil)
			_, second := get(t, two, link.Path, nil)
			if first != second {
				t.Errorf("%s differs between two instances", link.Path)
			}
			if first == "" && a.StatusCode != http.StatusSeeOther {
				t.Errorf("%s is empty", link.Path)
			}
		}
	}
}

// zeros is a random source for tests.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	return copy(p, bytes.Repeat([]byte{0}, len(p))), nil
}
