package sandbox_test

import (
	"encoding/json"
	"maps"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/browsertest"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/token"
)

// el is a node as rrweb records it.
func el(id int, tag string, attributes map[string]any, children ...any) map[string]any {
	if children == nil {
		children = []any{}
	}
	if attributes == nil {
		attributes = map[string]any{}
	}
	return map[string]any{"type": 2, "id": id, "tagName": tag, "attributes": attributes, "childNodes": children}
}

func txt(id int, s string) map[string]any {
	return map[string]any{"type": 3, "id": id, "textContent": s}
}

func whole(children ...any) []any {
	doc := map[string]any{"type": 0, "id": 1, "childNodes": []any{
		map[string]any{"type": 1, "id": 2, "name": "html", "publicId": "", "systemId": ""},
		el(3, "html", nil, el(4, "head", nil), el(5, "body", map[string]any{"onload": "top.pwned=1"}, children...)),
	}}
	return []any{
		map[string]any{"type": 4, "data": map[string]any{"href": "javascript:top.pwned=1", "width": 800, "height": 600}, "timestamp": 1},
		map[string]any{"type": 2, "data": map[string]any{"node": doc, "initialOffset": map[string]any{"left": 0, "top": 0}}, "timestamp": 2},
	}
}

func mutation(data map[string]any) any {
	data["source"] = 0
	for _, name := range []string{"texts", "attributes", "removes", "adds"} {
		if data[name] == nil {
			data[name] = []any{}
		}
	}
	return map[string]any{"type": 3, "data": data, "timestamp": 3}
}

// TestHostileCustomer lets a customer's "browser" send whatever it likes. The
// desk must run none of it, load no page of it, go nowhere, and go on.
func TestHostileCustomer(t *testing.T) {
	w := newWorld(t, "{}", nil)
	srv := httptest.NewServer(w.service)
	defer srv.Close()
	customer := dial(t, srv.URL)
	customer.send(map[string]any{"t": "start", "token": mint(t, token.RoleCustomer, "evil", "<img src=x onerror=top.pwned=1>"), "settings": all})
	pin := customer.until("started")["pin"].(string)
	desk := w.desk("agent", "Ann")
	joinWith(desk, pin)
	customer.until("record")

	raw, err := os.ReadFile("testdata/hostile.json")
	if err != nil {
		t.Fatal(err)
	}
	var hostile struct {
		Nodes      []map[string]any `json:"nodes"`
		Events     []any            `json:"events"`
		Attributes map[string]any   `json:"attributes"`
	}
	if err := json.Unmarshal(raw, &hostile); err != nil {
		t.Fatal(err)
	}
	var children []any
	for i, n := range hostile.Nodes {
		n["id"], n["type"] = 100+i, 2
		if n["childNodes"] == nil {
			n["childNodes"] = []any{}
		}
		children = append(children, n)
	}
	deep := el(900, "div", nil)
	for i := range 3000 {
		deep = el(1000+i, "div", nil, deep)
	}
	children = append(children, el(10, "p", map[string]any{"id": "alive"}, txt(11, "alive")), deep)
	customer.send(map[string]any{"t": "events", "e": whole(children...)})
	desk.Wait(seen("#alive"))

	var adds []any
	for i, n := range hostile.Nodes {
		later := maps.Clone(n)
		later["id"] = 500 + i
		adds = append(adds, map[string]any{"parentId": 5, "nextId": nil, "node": later})
	}
	customer.send(map[string]any{"t": "events", "e": []any{
		mutation(map[string]any{"adds": adds}),
		mutation(map[string]any{"attributes": []any{map[string]any{"id": 10, "attributes": hostile.Attributes}}}),
		mutation(map[string]any{"attributes": []any{map[string]any{"id": 100, "attributes": hostile.Attributes}}}),
	}})
	customer.send(map[string]any{"t": "events", "e": hostile.Events})
	// Whatever that broke, the desk asks for the whole page again, and shows it.
	customer.until("record")
	customer.send(map[string]any{"t": "events", "e": whole(el(10, "p", map[string]any{"id": "still"}, txt(11, "still alive")))})
	desk.Wait(seen("#still"))
	browsertest.Eval[bool](desk, seen("body")+".click(), new Promise((r) => setTimeout(() => r(true), 1000))")

	if browsertest.Eval[bool](desk, "'pwned' in window || [...document.querySelectorAll('iframe')].some((f) => 'pwned' in (f.contentWindow || {}))") {
		t.Error("a script of the customer ran")
	}
	if url := browsertest.Eval[string](desk, "location.pathname + document.title"); url != "/sdkapi/zcb/frame-templates/deskSandbox desk" {
		t.Errorf("the desk is at %s", url)
	}
	for _, u := range desk.Requests() {
		if strings.Contains(u, "/page") {
			t.Errorf("a page was fetched: %s", u)
		}
	}
	if name := browsertest.Eval[string](desk, "document.querySelector('.status').textContent"); name != "<img src=x onerror=top.pwned=1>" {
		t.Errorf("the customer's name is shown as %q", name)
	}
}
