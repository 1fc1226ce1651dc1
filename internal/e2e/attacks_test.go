package e2e

import (
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/session/redis/redistest"
	"github.com/cobrowse-proxy/cobrowse-proxy/internal/token"
)

// nobody is the line of a site without agents.
const nobody = "# nobody is an agent"

// judge finds agents' tokens, as Zoom would take them.
func judge(t *testing.T) *token.Minter {
	t.Helper()
	m, err := token.New(token.Config{Key: sdkKey, Secrets: []string{sdkSecret}})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// closed fails the test where an answer gives a stranger more than a customer's
// token.
func closed(t *testing.T, m *token.Minter, what string, a *answer) {
	t.Helper()
	for _, signed := range []string{a.fields.Token, a.fields.SDKToken} {
		if signed == "" {
			continue
		}
		if claims, err := m.Verify(signed); err != nil || claims.Role != token.RoleCustomer {
			t.Errorf("%s: a token of role %d (%v)", what, claims.Role, err)
		}
	}
	if a.fields.PIN != "" {
		t.Errorf("%s: a PIN", what)
	}
}

// forgeries are header fields that some gateway, framework or program takes for
// an identity, as a stranger would send them.
func forgeries() map[string]http.Header {
	unsigned := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." +
		base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"agent-00","role":2,"groups":["agents"]}`)) + "."
	all := map[string]http.Header{
		"nothing":         {},
		"bearer":          {"Authorization": {"Bearer " + unsigned}},
		"basic, no user":  {"Authorization": {"Basic Og=="}},
		"basic, wrong":    {"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte("agent-00:wrong"))}},
		"two credentials": {"Authorization": {"Basic Og==", "Bearer " + unsigned}},
		"cookies":         {"Cookie": {"__Host-cobrowse=agent-00; session=agent-00; CF_Authorization=" + unsigned + "; user=agent-00; role=2"}},
		"a near client":   {"X-Forwarded-For": {"127.0.0.1"}, "Forwarded": {"for=127.0.0.1;user=agent-00"}, "X-Real-Ip": {"10.0.0.1"}, "Remote-User": {"agent-00"}},
		"another method":  {"X-Http-Method-Override": {"GET"}, "X-Original-Url": {"/_cobrowse/desk"}, "X-Rewrite-Url": {"/"}},
	}
	for _, name := range []string{
		"Remote-User", "remote_user", "Remote_User", "REMOTE_USER", "Remote.User", "remote-user", "X-Remote-User", "X_Remote_User",
		"X-Forwarded-User", "X-Forwarded-Preferred-Username", "X-Auth-Request-User", "X-Webauth-User", "X-User", "X-Authenticated-User",
		"Http.auth.user.id", "X-Caddy-User", "Cf-Access-Jwt-Assertion", "Cf-Access-Authenticated-User-Email", "X-Pomerium-Jwt-Assertion",
		"X-Goog-Iap-Jwt-Assertion", "X-Amzn-Oidc-Data", "Tailscale-User-Login", "Ssl-Client-S-Dn", "X-Client-Cert",
	} {
		all[name] = http.Header{name: {"agent-00"}, "Remote-Groups": {"agents"}, "remote_groups": {"agents"}}
	}
	return all
}

// TestForgedRole asks for an agent's token in every way but as an agent: with
// the guard in front of the desk, where an operator has forgotten it, where
// headers are believed from a trusted proxy that this client is not, and where
// nobody is an agent.
func TestForgedRole(t *testing.T) {
	m := judge(t)
	upstream := legacySite(t)
	for name, set := range map[string]settings{
		"guarded":       {},
		"unlocked":      {Unlocked: true},
		"trusted proxy": {Unlocked: true, Source: "agents header {\n\t\t\ttrusted_proxies 10.0.0.0/8\n\t\t}"},
		"nobody":        {Unlocked: true, Source: nobody},
	} {
		t.Run(name, func(t *testing.T) {
			set.Upstream = upstream
			i := newInstance(t, set)
			v := i.customer().mustArrive(t)
			for forged, header := range forgeries() {
				stranger := client{base: i.base, header: header}
				for _, ask := range []struct {
					path string
					body any
				}{
					{"desk/join", map[string]string{"id": v.id}},
					{"desk/join", map[string]string{"pin": v.pin}},
					{"desk/release", map[string]string{"id": v.id}},
					{"desk/end", map[string]string{"id": v.id}},
					{"desk/token", map[string]int{"role": 2}},
					{"token", map[string]int{"role": 2}},
				} {
					a := stranger.post(t, ask.path, ask.body)
					if closed(t, m, forged+" at "+ask.path, a); a.status < 400 {
						t.Errorf("%s at %s: %s", forged, ask.path, a)
					}
				}
				if s, err := stranger.open(""); err == nil {
					s.cancel()
					t.Errorf("%s: the waiting list", forged)
				}
			}
			for _, body := range []string{
				`{"role":"2"}`, `{"role":2.0}`, `{"role":2e0}`, `{"Role":2}`, `{"role":1,"role":2}`, `{"role":2,"role":1}`, `{"role":[2]}`,
				`{"role":"agent"}`, `{"role":1,"Role":2,"ROLE":2}`, `{"rol\u0065":2}`, `[{"role":2}]`, "\ufeff" + `{"role":2}`, `{"role":1}{"role":2}`,
			} {
				for _, path := range []string{"token", "sessions"} {
					r, err := i.customer().request(t.Context(), http.MethodPost, path, strings.NewReader(body))
					if err != nil {
						t.Fatal(err)
					}
					text, response, err := do(wires, r)
					if err != nil {
						t.Fatal(err)
					}
					a := &answer{status: response.StatusCode, body: text}
					a.read()
					closed(t, m, body+" at "+path, a)
				}
			}
			if l := i.lines(); len(l) > 0 {
				for _, one := range l {
					if one.Event == "session.claimed" || one.Event == "token.issued" {
						t.Errorf("the record has %+v", one)
					}
				}
			}
		})
	}
}

// TestPathSpellings asks for the desk's routes by other spellings of their
// paths, which the guard's matcher may not know: none of them is served.
func TestPathSpellings(t *testing.T) {
	m := judge(t)
	i := newInstance(t, settings{})
	v := i.customer().mustArrive(t)
	for _, path := range []string{
		"/_COBROWSE/desk/join", "/_cobrowse/DESK/join", "/_cobrowse/desk%2fjoin", "/_cobrowse%2fdesk/join", "/%5fcobrowse/desk/join",
		"/_cobrowse/%64esk/join", "//_cobrowse/desk/join", "/_cobrowse//desk/join", "/_cobrowse/./desk/join", "/x/../_cobrowse/desk/join",
		"/_cobrowse/x/../desk/join", "/_cobrowse/desk/join/", "/_cobrowse/desk/join;x", "/_cobrowse/desk/join%00", `/_cobrowse\desk\join`,
		"/_cobrowse/%2e/desk/join", "/%255fcobrowse/desk/join", "/_cobrowse./desk/join", "/_cobrowse/.desk/join", "/_cobrowse/desk%20/join",
	} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, i.base, strings.NewReader(fmt.Sprintf(`{"id":%q}`, v.id)))
		if err != nil {
			t.Fatal(err)
		}
		r.URL.Opaque = path // sent as it is
		if strings.HasPrefix(path, "//") {
			r.URL.Opaque = i.base + path
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		text, response, err := do(wires, r)
		if err != nil {
			t.Errorf("%s: %v", path, err)
			continue
		}
		a := &answer{status: response.StatusCode, body: text}
		a.read()
		if closed(t, m, path, a); a.status < 400 {
			t.Errorf("%s: %s", path, a)
		}
	}
}

// TestOtherSites posts as pages of other sites would, with an agent's own
// credentials: a browser sends those along.
func TestOtherSites(t *testing.T) {
	i := newInstance(t, settings{Origins: "origins https://shop.example https://www.shop.example:8443"})
	own := http.Header{"Origin": {"https://shop.example"}, "Sec-Fetch-Site": {"same-origin"}}
	v := client{base: i.base, header: own}.mustArrive(t)
	for name, header := range map[string]http.Header{
		"another site":           {"Origin": {"https://evil.example"}, "Sec-Fetch-Site": {"cross-site"}},
		"says same-origin":       {"Origin": {"https://evil.example"}, "Sec-Fetch-Site": {"same-origin"}},
		"same site":              {"Origin": {"https://blog.shop.example"}, "Sec-Fetch-Site": {"same-site"}},
		"no origin":              {"Sec-Fetch-Site": {"cross-site"}},
		"no mark at all":         {"Sec-Fetch-Site": nil},
		"typed":                  {"Sec-Fetch-Site": {"none"}},
		"null":                   {"Origin": {"null"}, "Sec-Fetch-Site": {"same-origin"}},
		"plain HTTP":             {"Origin": {"http://shop.example"}, "Sec-Fetch-Site": nil},
		"longer name":            {"Origin": {"https://shop.example.evil.example"}, "Sec-Fetch-Site": nil},
		"name before":            {"Origin": {"https://evilshop.example"}, "Sec-Fetch-Site": nil},
		"user":                   {"Origin": {"https://shop.example@evil.example"}, "Sec-Fetch-Site": nil},
		"other port":             {"Origin": {"https://www.shop.example"}, "Sec-Fetch-Site": nil},
		"other case":             {"Origin": {"HTTPS://SHOP.EXAMPLE"}, "Sec-Fetch-Site": nil},
		"a slash":                {"Origin": {"https://shop.example/"}, "Sec-Fetch-Site": nil},
		"a dot":                  {"Origin": {"https://shop.example."}, "Sec-Fetch-Site": nil},
		"two origins":            {"Origin": {"https://shop.example", "https://evil.example"}, "Sec-Fetch-Site": nil},
		"a list":                 {"Origin": {"https://shop.example, https://evil.example"}, "Sec-Fetch-Site": nil},
		"an empty one":           {"Origin": {""}, "Sec-Fetch-Site": {"same-origin"}},
		"two marks":              {"Origin": {"https://evil.example"}, "Sec-Fetch-Site": {"same-origin", "cross-site"}},
		"a mark in another case": {"Origin": {"https://shop.example"}, "Sec-Fetch-Site": {"Same-Origin"}},
	} {
		t.Run(name, func(t *testing.T) {
			page := client{base: i.base, header: header}
			foreign := client{base: i.base, header: header, agent: agent(0)}
			for what, a := range map[string]*answer{
				"sessions": page.post(t, "sessions", map[string]string{"page": "/"}),
				"events":   page.post(t, v.path(), v.event("heartbeat")),
				"token":    page.post(t, "token", map[string]int{"role": 1}),
				"join":     foreign.post(t, "desk/join", map[string]string{"id": v.id}),
				"release":  foreign.post(t, "desk/release", map[string]string{"id": v.id}),
				"end":      foreign.post(t, "desk/end", map[string]string{"id": v.id}),
			} {
				if a.status != http.StatusForbidden || a.fields.Token != "" || a.fields.Ticket != "" {
					t.Errorf("%s: %s", what, a)
				}
			}
		})
	}
	if got := (client{base: i.base, header: own, agent: agent(0)}).join(t, "id", v.id); got.status != http.StatusOK {
		t.Errorf("the site's own desk: %s", got)
	}
}

// TestForeignTickets reports events with tickets that are not this session's.
// Two sites share Redis and secret here, which is the worst case.
func TestForeignTickets(t *testing.T) {
	redis := redistest.Start(t)
	upstream := legacySite(t)
	shop := newInstance(t, settings{Site: "shop", Upstream: upstream, Store: onRedis(redis.Addr())})
	bank := newInstance(t, settings{Site: "bank", Upstream: upstream, Store: onRedis(redis.Addr())})
	mine, other, foreign := shop.customer().mustArrive(t), shop.customer().mustArrive(t), bank.customer().mustArrive(t)
	head, payload, mac := cut3(t, mine.ticket)
	_, otherPayload, otherMAC := cut3(t, other.ticket)
	plain, err := base64.RawURLEncoding.DecodeString(payload)
	if err != nil {
		t.Fatal(err)
	}
	renamed := base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(plain), mine.id, other.id, 1)))
	for name, v := range map[string]visit{
		"another session's":      {id: mine.id, ticket: other.ticket},
		"another site's session": {id: foreign.id, ticket: foreign.ticket},
		"another site's":         {id: mine.id, ticket: foreign.ticket},
		"its payload":            {id: other.id, ticket: head + "." + otherPayload + "." + mac},
		"its signature":          {id: mine.id, ticket: head + "." + payload + "." + otherMAC},
		"renamed":                {id: other.id, ticket: head + "." + renamed + "." + mac},
		"unsigned":               {id: mine.id, ticket: head + "." + payload + "."},
		"another version":        {id: mine.id, ticket: "2." + payload + "." + mac},
		"with a line end":        {id: mine.id, ticket: mine.ticket + "\n"},
		"none":                   {id: mine.id},
		"the token":              {id: mine.id, ticket: mine.token},
	} {
		for _, kind := range []string{"heartbeat", "pincode_updated", "session_ended"} {
			v.pin = "654321"
			if a := shop.customer().post(t, v.path(), v.event(kind)); a.status != http.StatusUnauthorized || a.fields.Code != "ticket" {
				t.Errorf("%s for %s: %s", name, kind, a)
			}
		}
	}
	for name, a := range map[string]*answer{
		"by id":  shop.agent(agent(0)).join(t, "id", foreign.id),
		"by PIN": shop.agent(agent(0)).join(t, "pin", foreign.pin),
	} {
		if a.status < 400 || a.fields.Token != "" {
			t.Errorf("an agent joins another site's customer %s: %s", name, a)
		}
	}
	if l, _ := bank.agent(agent(0)).desk(t, ""); l.Waiting != 1 || !l.has(foreign.id) {
		t.Errorf("the bank's desk: %+v", l)
	}
	if l, _ := shop.agent(agent(0)).desk(t, ""); l.Waiting != 2 || l.has(foreign.id) {
		t.Errorf("the shop's desk: %+v", l)
	}
}

func cut3(t *testing.T, ticket string) (head, payload, mac string) {
	t.Helper()
	parts := strings.Split(ticket, ".")
	if len(parts) != 3 {
		t.Fatalf("a ticket of %d parts", len(parts))
	}
	return parts[0], parts[1], parts[2]
}

// TestDeskTellsNoPIN searches the waiting list for PINs: neither what is found
// nor what is sent tells one.
func TestDeskTellsNoPIN(t *testing.T) {
	i := newInstance(t, settings{})
	var visits []visit
	for range 5 {
		visits = append(visits, i.customer().mustArrive(t))
	}
	who := i.agent(agent(0))
	for _, v := range visits {
		for _, q := range []string{v.pin, v.pin[:3], v.pin[3:], v.pin[:3] + " " + v.pin[3:], v.pin[:3] + "-" + v.pin[3:], v.ticket, v.token} {
			if len(q) > 200 {
				continue
			}
			l, data := who.desk(t, q)
			// Three digits may well stand in an ID, which may be searched for.
			if len(q) > 5 && l.Found != 0 {
				t.Errorf("a search for a PIN finds %d of %d", l.Found, l.Waiting)
			}
			for _, secret := range []string{`"` + v.pin, v.ticket, v.token} {
				if strings.Contains(data, secret) {
					t.Errorf("the list tells a PIN, a ticket or a token: %s", data)
				}
			}
		}
	}
	all, data := who.desk(t, "")
	if all.Found != len(visits) {
		t.Errorf("%d of %d are listed", all.Found, len(visits))
	}
	for _, v := range visits {
		if strings.Contains(data, `"`+v.pin) || strings.Contains(i.output.String(), v.pin) {
			t.Error("a PIN is told")
		}
	}
}

// TestStreamOfStrangers opens the desk's stream as somebody who is no agent, and
// from another site's page.
func TestStreamOfStrangers(t *testing.T) {
	upstream := legacySite(t)
	foreign := client{header: http.Header{"Sec-Fetch-Site": {"cross-site"}}, agent: agent(0)}
	for name, c := range map[string]struct {
		set    settings
		who    client
		status int
		code   string
	}{
		"no password":    {settings{}, client{}, http.StatusUnauthorized, ""},
		"unlocked":       {settings{Unlocked: true}, client{}, http.StatusForbidden, "not-signed-in"},
		"nobody":         {settings{Unlocked: true, Source: nobody}, client{}, http.StatusForbidden, "not-configured"},
		"no agent":       {settings{Source: "agents caddy_user agent-01"}, client{agent: agent(0)}, http.StatusForbidden, "not-signed-in"},
		"another site's": {settings{}, foreign, http.StatusForbidden, "origin"},
	} {
		t.Run(name, func(t *testing.T) {
			c.set.Upstream = upstream
			i := newInstance(t, c.set)
			v := i.customer().mustArrive(t)
			c.who.base = i.base
			r, err := c.who.request(t.Context(), http.MethodGet, "desk/events", nil)
			if err != nil {
				t.Fatal(err)
			}
			response, err := wires.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = response.Body.Close() }()
			text, err := io.ReadAll(response.Body)
			if err != nil {
				t.Fatal(err)
			}
			if response.StatusCode != c.status || !strings.Contains(string(text), c.code) || strings.Contains(string(text), v.id) ||
				strings.HasPrefix(response.Header.Get("Content-Type"), "text/event-stream") {
				t.Errorf("%d %s", response.StatusCode, text)
			}
		})
	}
}

// TestSupervisor ends sessions as a supervisor, and tries as an agent.
func TestSupervisor(t *testing.T) {
	i := newInstance(t, settings{Source: "agents caddy_user {\n\t\t\tsupervisors " + agent(9) + "\n\t\t}"})
	v := i.customer().mustArrive(t)
	claimant, colleague, supervisor := i.agent(agent(0)), i.agent(agent(1)), i.agent(agent(9))
	if got := claimant.join(t, "id", v.id); got.status != http.StatusOK {
		t.Fatal(got)
	}
	for name, who := range map[string]client{"the claimant": claimant, "a colleague": colleague} {
		if got := who.post(t, "desk/end", map[string]string{"id": v.id}); got.status != http.StatusForbidden || got.fields.Code != "not-supervisor" {
			t.Errorf("%s ends the session: %s", name, got)
		}
	}
	colleague.post(t, "desk/release", map[string]string{"id": v.id}) // what is not one's own
	if l, _ := colleague.desk(t, ""); l.has(v.id) {
		t.Error("a colleague sees, or has released, what another has claimed")
	}
	if l, _ := supervisor.desk(t, ""); !l.has(v.id) {
		t.Error("the supervisor does not see the session")
	}
	if got := i.customer().post(t, v.path(), v.event("heartbeat")); got.fields.State != "waiting" {
		t.Errorf("after all that: %s", got)
	}
	if got := supervisor.post(t, "desk/end", map[string]string{"id": v.id}); got.status != http.StatusNoContent {
		t.Errorf("the supervisor ends it: %s", got)
	}
	if got := i.customer().post(t, v.path(), v.event("heartbeat")); got.fields.State != "ended" {
		t.Errorf("the page learns: %s", got)
	}
}

// TestNoRecordNoToken takes the record's folder away while the proxy runs.
func TestNoRecordNoToken(t *testing.T) {
	i := newInstance(t, settings{})
	v, before := i.customer().mustArrive(t), i.customer().mustArrive(t)
	first, second := i.agent(agent(0)), i.agent(agent(1))
	if got := first.join(t, "id", before.id); got.status != http.StatusOK {
		t.Fatal(got)
	}
	folder := filepath.Dir(i.set.Audit)
	aside := folder + ".aside"
	if err := os.Rename(folder, aside); err != nil {
		t.Fatal(err)
	}
	for n, body := range []map[string]string{{"id": v.id}, {"pin": v.pin}, {"id": before.id}, {"pin": before.pin}} {
		a := first.post(t, "desk/join", body)
		unavailable(t, fmt.Sprint("join ", n), a)
	}
	for _, path := range []string{"desk/token", "token"} {
		if a := first.post(t, path, map[string]int{"role": 2}); a.status < 400 || a.fields.Token != "" {
			t.Errorf("%s: %s", path, a)
		}
	}
	// Customers are helped nevertheless, and pages served.
	late := i.customer().mustArrive(t)
	if status, _, _, err := i.document("/"); err != nil || status != http.StatusOK {
		t.Errorf("a page: %d %v", status, err)
	}
	if l, _ := second.desk(t, ""); !l.has(v.id) || !l.has(late.id) {
		t.Errorf("a claim without token was kept: %+v", l)
	}
	if err := os.Rename(aside, folder); err != nil {
		t.Fatal(err)
	}
	if got := second.join(t, "id", v.id); got.status != http.StatusOK {
		t.Errorf("with the record back, a colleague: %s", got)
	}
	if got := first.join(t, "id", before.id); got.status != http.StatusOK {
		t.Errorf("with the record back, the claimant: %s", got)
	}
	i.stop()
	i.intact()
}
