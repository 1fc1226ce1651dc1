package zoomapp

import (
	"bytes"
	"crypto/sha256"
	_ "embed" // the page
	"encoding/base64"
	"html/template"
	"net/http"
)

var (
	//go:embed pages/notice.html
	noticeHTML string
	//go:embed pages/page.css
	pageCSS string
)

var (
	noticePage = template.Must(template.New("notice").Parse(noticeHTML))
	// styleSource admits the style of our pages, which is in them (CSP Level 3,
	// section 2.3.1): a page that tells of a failure should need no second request.
	styleSource = func() string {
		sum := sha256.Sum256([]byte(pageCSS))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}()
)

// notice is a page that tells a person in words what became of something. Its texts
// are ours: nothing of a request, of Zoom's or of a third party's is in them but
// what the operator has configured.
type notice struct {
	Status      int
	Title, Text string
	// Link is where to go on, LinkText says so. Both may be empty.
	Link, LinkText string
	// Inside adds to the header what Zoom's clients demand of a page that they show
	// ([App.Frame]). Pages without it are for the system's browser, and may be framed by
	// nobody.
	Inside func(http.Header)
}

// Style is the page's style sheet.
func (notice) Style() template.CSS { return template.CSS(pageCSS) } //nolint:gosec // ours

// write answers with the page.
func (n notice) write(w http.ResponseWriter) {
	var page bytes.Buffer
	if err := noticePage.Execute(&page, n); err != nil {
		plain(w, http.StatusInternalServerError, n.Title) // out of reach: the template is ours
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; style-src "+styleSource+"; base-uri 'none'; form-action 'none'")
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer") // a callback's address has a code in it
	if n.Inside != nil {
		n.Inside(h)
	} else {
		h["Content-Security-Policy"][0] += "; frame-ancestors 'none'"
		AddMissing(h, OWASPFields())
	}
	w.WriteHeader(n.Status)
	_, _ = page.WriteTo(w) // a lost client is nobody's fault
}

// onlyGet answers 405 to other methods. HEAD is one of them: a flow begins and
// ends with a person.
func onlyGet(w http.ResponseWriter, r *http.Request) bool {
	if r.Method == http.MethodGet {
		return true
	}
	w.Header().Set("Allow", http.MethodGet)
	plain(w, http.StatusMethodNotAllowed, "this page answers GET only")
	return false
}

// plain answers with a sentence of ours, to a program.
func plain(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Cache-Control", "no-store")
	http.Error(w, text, status)
}

// redirect sends the browser on. Neither the state nor the code should show as the
// referrer of what comes next.
func redirect(w http.ResponseWriter, target string) {
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Location", target)
	w.WriteHeader(http.StatusFound)
}
