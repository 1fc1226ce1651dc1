package sandbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/browsertest"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/sandbox"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/token"
)

const (
	agentsHost = "agents.example"
	agentsURL  = "https://" + agentsHost
	// published is the policy that Zoom publishes for pages with a web SDK of
	// theirs, with frames added: the documented desk is one.
	published = "default-src 'self'; base-uri 'self'; worker-src blob:; style-src 'self' 'unsafe-inline'; " +
		"script-src 'self' 'unsafe-inline' 'unsafe-eval' https://zoom.us *.zoom.us dmogdx0jrul3u.cloudfront.net blob:; " +
		"connect-src 'self' https://zoom.us https://*.zoom.us wss://*.zoom.us; img-src 'self' https:; media-src 'self' https:; " +
		"font-src 'self' https:; frame-src https://*.zoom.us"
)

// quickstart serves the pages of testdata/quickstart-*.html, which call the
// SDK the way Zoom's quickstart does, and the token endpoint that they ask.
type quickstart struct {
	t     *testing.T
	file  string
	users atomic.Int64
}

func (q *quickstart) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/favicon.ico":
		w.WriteHeader(http.StatusNoContent)
		return
	case "/api/token":
		q.serveToken(w, r)
		return
	}
	kind, version := "text/javascript", "/2.5.0"
	if r.URL.Query().Has("module") {
		kind, version = "module", "/2.5.x"
	}
	if r.URL.Query().Has("bare") {
		version = ""
	}
	page, err := os.ReadFile(q.file)
	if err != nil {
		q.t.Error(err)
	}
	query := ""
	if r.URL.RawQuery != "" {
		query = "?" + r.URL.RawQuery
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", published)
	_, _ = strings.NewReplacer("{{type}}", kind, "{{query}}", query, "{{key}}", testKey,
		"{{sdk}}", "https://"+browsertest.ZoomHost+"/static/resource/sdk/"+testKey+"/js"+version).WriteString(w, string(page))
}

func (q *quickstart) serveToken(w http.ResponseWriter, r *http.Request) {
	var asked struct {
		Role     token.Role `json:"role"`
		UserName string     `json:"userName"`
		BYOP     bool       `json:"byop"`
	}
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		q.t.Errorf("token request: %v", err)
	}
	id := fmt.Sprint(asked.UserName, q.users.Add(1))
	jwt := mintBYOP(id)
	if !asked.BYOP {
		jwt = mint(q.t, asked.Role, id, asked.UserName)
	}
	_ = json.NewEncoder(w).Encode(map[string]string{"token": jwt})
}

// heardOn is an expression: the page's said holds so many of an event.
func heardOn(name string, n int) string {
	return fmt.Sprintf("window.said?.filter(([n]) => n === '%s').length === %d", name, n)
}

// TestQuickstart runs pages that load and call the SDK as Zoom documents it,
// unchanged: every way of the customer's page with every way of the agent's.
func TestQuickstart(t *testing.T) {
	needBundle(t)
	service := newService(t, func(c *sandbox.Config) { c.AllowedOrigins = []string{shopURL, agentsURL} })
	b := browsertest.Start(t, browsertest.Config{Hosts: map[string]http.Handler{
		shopHost:             &quickstart{t: t, file: "testdata/quickstart-customer.html"},
		agentsHost:           &quickstart{t: t, file: "testdata/quickstart-agent.html"},
		browsertest.ZoomHost: service,
	}})
	for _, tc := range []struct {
		name, query, pin, way string
		agent                 func(t *testing.T, agent *browsertest.Tab, pin string)
	}{
		{"the loader, and the hosted desk", "", "", "desk", quickstartDesk},
		{"the loader as a module, and the agents' SDK", "?module", "", "join", quickstartJoin},
		{"without a version, a PIN of one's own, and a viewer's address", "?bare&pin=mia42", "MIA42", "endpoint", quickstartEndpoint},
	} {
		t.Run(tc.name, func(t *testing.T) {
			customer := b.NewTab(t)
			customer.Open(shopURL + "/" + tc.query)
			customer.Wait("said.some(([n, s]) => n === 'status' && s !== 'session_recoverable')")
			customer.Click("document.querySelector('#start')")
			customer.Wait("document.querySelector('#pin').textContent")
			pin := browsertest.Eval[string](customer, "document.querySelector('#pin').textContent")
			if len(pin) != 6 && tc.pin == "" || tc.pin != "" && pin != tc.pin {
				t.Errorf("PIN %q", pin)
			}
			customer.Wait(heardOn("session_started", 1))

			agent := b.NewTab(t)
			agent.Open(agentsURL + "/?way=" + tc.way)
			tc.agent(t, agent, pin)
			customer.Wait(heardOn("agent_joined", 1))
			agent.Screenshot("sandbox-quickstart-" + tc.way)

			browsertest.Eval[bool](customer, "(document.querySelector('#next').click(), true)")
			customer.Wait("location.pathname === '/next' && window.said?.some(([n, s]) => n === 'status' && s === 'session_recoverable')")
			customer.Wait("document.querySelector('#pin').textContent === '" + pin + "' && " + heardOn("agent_joined", 1))
			// The PIN's dialog is Zoom's own to show, and would lie above the button.
			browsertest.Eval[bool](customer, "(document.querySelector('#end').click(), true)")
			customer.Wait(heardOn("session_ended", 1))
			if tc.way == "join" {
				agent.Wait(heardOn("session_ended", 1))
			}
			customer.Clean()
			agent.Clean()
		})
	}
	if n := service.Sessions(); n != 0 {
		t.Errorf("%d sessions are left", n)
	}
}

// quickstartDesk types the PIN into the hosted desk. The frame is another
// site's, so the browser runs it as a target of its own.
func quickstartDesk(t *testing.T, agent *browsertest.Tab, pin string) {
	agent.Click("document.querySelector('#go')")
	agent.Wait(heardOn("frame", 1))
	targets, err := chromedp.Targets(agent.Context())
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(targets, func(i *target.Info) bool {
		return i.Type == "iframe" && strings.HasPrefix(i.URL, "https://"+browsertest.ZoomHost+"/sdkapi/zcb/frame-templates/desk")
	})
	if i < 0 {
		t.Fatalf("no desk among %d targets", len(targets))
	}
	desk, cancel := chromedp.NewContext(agent.Context(), chromedp.WithTargetID(targets[i].TargetID))
	t.Cleanup(cancel)
	typed := `(document.querySelector('#pin').value = '` + pin + `', document.querySelector('form').requestSubmit(), true)`
	if _, err := chromedp.Run(desk, chromedp.Evaluate[bool](typed)); err != nil {
		t.Fatal(err)
	}
}

func quickstartJoin(_ *testing.T, agent *browsertest.Tab, pin string) {
	agent.Click("document.querySelector('#pin')")
	agent.Press(wrong(pin))
	agent.Click("document.querySelector('#go')")
	agent.Wait("said.some(([n, r]) => n === 'join' && r.success === false && r.error.code === 1006)")
	browsertest.Eval[bool](agent, "(document.querySelector('#pin').value = '"+pin+"', true)")
	agent.Click("document.querySelector('#go')")
	agent.Wait("said.some(([n, r]) => n === 'join' && r.success) && document.querySelector('#root iframe').offsetHeight > 400")
	// Loaded again, join() without arguments recovers.
	browsertest.Eval[bool](agent, "(delete window.recover, location.reload(), true)")
	agent.Wait("window.recover")
	browsertest.Eval[bool](agent, "(recover(), true)")
	agent.Wait(heardOn("session_joined", 1))
}

func quickstartEndpoint(t *testing.T, agent *browsertest.Tab, pin string) {
	agent.Click("document.querySelector('#pin')")
	agent.Press("NOPIN")
	agent.Click("document.querySelector('#go')")
	agent.Wait("said.some(([n, r]) => n === 'endpoint' && r.success === false && r.error.code === 1006)")
	browsertest.Eval[bool](agent, "(document.querySelector('#pin').value = '"+pin+"', true)")
	agent.Click("document.querySelector('#go')")
	agent.Wait("said.some(([n, r]) => n === 'endpoint' && r.success && r.agentViewerUrl.startsWith('https://" + browsertest.ZoomHost + "/'))")
	agent.Wait(heardOn("frame", 1))
	// The same address works as a page too: the place moves there, without a PIN.
	viewer := agent.Sibling()
	viewer.Open(browsertest.Eval[string](agent, "said.find(([n, r]) => r.agentViewerUrl)[1].agentViewerUrl"))
	viewer.Wait(seenText + ".includes('Welcome')")
	viewer.Wait("!location.hash")
	if text := browsertest.Eval[string](viewer, seenText); strings.Contains(text, "Mia") || strings.Contains(text, "12345678") {
		t.Errorf("the agent sees %q", text)
	}
	viewer.Clean()
}
