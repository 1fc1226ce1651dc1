package sandbox_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/browsertest"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/sandbox"
	jwt "github.com/cobrowse-proxy/cobrowse-proxy/internal/token"
)

// documented are the error codes of Zoom's documentation and samples, by the
// names that they have there; the last two are the hosted desk's and have none.
var documented = []struct {
	code int
	name string
}{
	{1001, "SESSION_START_FAILED"},
	{1002, "SESSION_CONNECTING_IN_PROGRESS"},
	{1004, "SESSION_COUNT_LIMIT"},
	{1006, "SESSION_JOIN_PIN_NOT_FOUND"},
	{1008, "SESSION_PIN_INVALID_FORMAT"},
	{1009, "SESSION_START_PIN_REQUIRED"},
	{1010, "SESSION_START_PIN_CONFLICT"},
	{1011, "SESSION_JOIN_FAILED"},
	{1012, "SESSION_CUSTOMER_COUNT_LIMIT"},
	{1013, "SESSION_AGENT_COUNT_LIMIT"},
	{1015, "SESSION_DUPLICATE_USER"},
	{1016, "NETWORK_ERROR"},
	{1017, "SESSION_CANCELING_IN_PROGRESS"},
	{2001, "TOKEN_INVALID"},
	{9999, "UNDEFINED"},
	{30308, "Pincode is not found"},
	{124, "Invalid token"},
}

// reach is a way to a code: over a socket, as any program has it, or in a
// browser, for those that a browser itself decides on.
type reach struct {
	socket  func(t *testing.T, url string) (code float64)
	browser func(w *world)
}

// reaches has a way to every documented code. What the SDK makes of those of a
// socket is in TestCustomerErrors and TestDeskAndAgentSDK.
var reaches = map[int]reach{
	1001: {socket: func(t *testing.T, url string) float64 {
		begin(t, url, "one", nil).until("started")
		return begin(t, url, "one too many", nil).code()
	}},
	1002: {browser: func(w *world) {
		failsWith(w, "zoom.start({sdkToken: 'x'}), zoom.start({sdkToken: 'x'})", 1002)
	}},
	1004: {socket: func(t *testing.T, url string) float64 {
		begin(t, url, "one", nil).until("started")
		return begin(t, url, "one", nil).code()
	}},
	1006: {socket: func(t *testing.T, url string) float64 { return enter(t, url, "agent", "000000x").code() }},
	1008: {socket: func(t *testing.T, url string) float64 { return enter(t, url, "agent", "no PIN").code() }},
	1009: {socket: func(t *testing.T, url string) float64 {
		return begin(t, url, "one", map[string]any{"token": mintBYOP("c")}).code()
	}},
	1010: {socket: func(t *testing.T, url string) float64 {
		mine := map[string]any{"token": mintBYOP("c"), "pin": "MINE"}
		begin(t, url, "one", mine).until("started")
		return begin(t, url, "two", mine).code()
	}},
	1011: {socket: func(t *testing.T, url string) float64 {
		c := dial(t, url)
		c.send(map[string]any{"t": "resume", "id": "none", "secret": "none", "settings": all})
		return c.code()
	}},
	1012: {socket: func(t *testing.T, url string) float64 {
		f := begin(t, url, "one", nil).until("started")
		c := dial(t, url)
		c.send(map[string]any{"t": "resume", "id": f["id"], "secret": f["secret"], "settings": all})
		return c.code()
	}},
	1013: {socket: func(t *testing.T, url string) float64 {
		pin := begin(t, url, "one", nil).until("started")["pin"]
		for i := range 5 {
			enter(t, url, fmt.Sprint("agent-", i), pin).until("joined")
		}
		return enter(t, url, "agent-6", pin).code()
	}},
	1015: {socket: func(t *testing.T, url string) float64 {
		pin := begin(t, url, "one", nil).until("started")["pin"]
		enter(t, url, "agent", pin).until("joined")
		return enter(t, url, "agent", pin).code()
	}},
	1016: {browser: func(w *world) {
		tab := w.customer("/")
		help(tab)
		w.gate.close()
		tab.Wait("heard('session_reconnecting') === 1")
		browsertest.Eval[bool](tab, "(Date.now = ((now) => () => now() + 130000)(Date.now.bind(Date)), true)")
		tab.Wait(failedWith(1016))
	}},
	1017: {browser: func(w *world) {
		tab := w.customer("/")
		help(tab)
		browsertest.Eval[bool](tab, "(zoom.end(), zoom.start({sdkToken: 'x'}), true)")
		tab.Wait(failedWith(1017))
	}},
	2001: {socket: func(t *testing.T, url string) float64 {
		return begin(t, url, "one", map[string]any{"token": "x"}).code()
	}},
	9999: {socket: func(t *testing.T, url string) float64 {
		c := begin(t, url, "one", nil)
		c.send(map[string]any{"t": "fly"})
		return c.code()
	}},
	30308: {browser: func(w *world) {
		desk := w.desk("agent", "Ann")
		joinWith(desk, "000000x")
		desk.Wait("document.querySelector('#problem').textContent.includes('30308')")
	}},
	124: {socket: deskCode},
}

// failsWith makes a customer's page call the SDK, and waits for a code.
func failsWith(w *world, script string, code int) {
	tab := w.customer("/")
	browsertest.Eval[bool](tab, "("+script+", true)")
	tab.Wait(failedWith(code))
}

// begin asks for a session; more replaces members of the frame.
func begin(t *testing.T, url, browser string, more map[string]any) *client {
	t.Helper()
	f := map[string]any{"t": "start", "token": mint(t, jwt.RoleCustomer, "customer "+browser, "C"), "browser": browser, "settings": all}
	maps.Copy(f, more)
	c := dial(t, url)
	c.send(f)
	return c
}

// enter asks for a place in a session.
func enter(t *testing.T, url, user string, pin any) *client {
	t.Helper()
	c := dial(t, url)
	c.send(map[string]any{"t": "join", "token": mint(t, jwt.RoleAgent, user, "A"), "pin": pin})
	return c
}

// code reads up to an error and returns its code.
func (c *client) code() float64 {
	c.t.Helper()
	code, _ := c.until("error")["code"].(float64)
	return code
}

// deskCode returns the code that the desk's page shows to a bad token.
func deskCode(t *testing.T, url string) float64 {
	t.Helper()
	resp, err := http.Get(url + "/sdkapi/zcb/frame-templates/desk?access_token=x")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(body), "Code ")
	digits, _, _ := strings.Cut(rest, "<")
	code, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		t.Fatalf("no code in %s", body)
	}
	return code
}

// TestEveryCodeIsReached fails where a documented code has no way to it, or
// the way leads elsewhere.
func TestEveryCodeIsReached(t *testing.T) {
	for _, d := range documented {
		t.Run(fmt.Sprintf("%d %s", d.code, d.name), func(t *testing.T) {
			switch r := reaches[d.code]; {
			case r.socket != nil:
				if d.code == int(sandbox.CodeDeskTokenInvalid) && errors.Is(sandbox.Bundled(), sandbox.ErrNoBundle) {
					t.Skip("without the bundle the desk says only that it is missing")
				}
				url := serve(t, newService(t, func(c *sandbox.Config) {
					if d.code == int(sandbox.CodeStartFailed) {
						c.Limits.Sessions = 1
					}
				}))
				if got := r.socket(t, url); got != float64(d.code) {
					t.Errorf("reached %v", got)
				}
			case r.browser != nil:
				needBundle(t)
				r.browser(newWorld(t, "{}", nil))
			default:
				t.Error("no test reaches this code")
			}
		})
	}
}

// TestCodesAreTheDocumentedOnes: code.go has all of them, and no others.
func TestCodesAreTheDocumentedOnes(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "code.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	inCode := map[int]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if kind, ok := spec.Type.(*ast.Ident); ok && kind.Name == "Code" {
			code, err := strconv.Atoi(spec.Values[0].(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			inCode[code] = spec.Names[0].Name
		}
		return true
	})
	for _, d := range documented {
		if inCode[d.code] == "" {
			t.Errorf("%d %s is documented and not in code.go", d.code, d.name)
		}
		delete(inCode, d.code)
	}
	for code, name := range inCode {
		t.Errorf("%d %s is in code.go and not documented", code, name)
	}
}
