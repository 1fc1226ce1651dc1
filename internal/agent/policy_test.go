package agent

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"reflect"
	"strings"
	"testing"
)

// always identifies everybody as who.
func always(who Agent) Identifier {
	return IdentifierFunc(func(*http.Request) (Agent, error) { return who, nil })
}

// never fails with err.
func never(err error) Identifier {
	return IdentifierFunc(func(*http.Request) (Agent, error) { return Agent{ID: "ghost"}, err })
}

func from(peer string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.RemoteAddr = peer
	return r
}

func prefixes(list ...string) []netip.Prefix {
	var out []netip.Prefix
	for _, p := range list {
		out = append(out, netip.MustParsePrefix(p))
	}
	return out
}

func TestRestrict(t *testing.T) {
	anna := Agent{ID: "anna", Groups: []string{"staff", "agents"}}
	office := Policy{Networks: prefixes("192.0.2.0/24", "2001:db8::/32", "::ffff:198.51.100.0/120")}
	tests := []struct {
		name   string
		id     Identifier
		policy Policy
		peer   string
		role   Role
		refuse error
	}{
		{"no policy", always(anna), Policy{}, "192.0.2.1:1", RoleAgent, nil},
		{"the source makes no supervisor", always(Agent{ID: "anna", Role: RoleSupervisor}), Policy{}, "192.0.2.1:1", RoleAgent, nil},
		{"user", always(anna), Policy{Users: []string{"bob", "anna"}}, "", RoleAgent, nil},
		{"group", always(anna), Policy{Groups: []string{"agents"}}, "", RoleAgent, nil},
		{"group, not user", always(anna), Policy{Users: []string{"bob"}, Groups: []string{"agents"}}, "", RoleAgent, nil},
		{"supervisor", always(anna), Policy{Supervisors: []string{"anna"}}, "", RoleSupervisor, nil},
		{"supervisor group alone", always(anna), Policy{Users: []string{"bob"}, SupervisorGroups: []string{"staff"}}, "", RoleSupervisor, nil},
		{"agent beside supervisors", always(anna), Policy{Groups: []string{"agents"}, SupervisorGroups: []string{"leads"}}, "", RoleAgent, nil},

		{"other user", always(anna), Policy{Users: []string{"bob"}}, "", 0, ErrNotAllowed},
		{"other group", always(anna), Policy{Groups: []string{"leads"}}, "", 0, ErrNotAllowed},
		{"user in another case", always(anna), Policy{Users: []string{"Anna"}}, "", 0, ErrNotAllowed},
		{"group that begins alike", always(anna), Policy{Groups: []string{"agent"}}, "", 0, ErrNotAllowed},
		{"user named like a group", always(Agent{ID: "agents"}), Policy{Groups: []string{"agents"}}, "", 0, ErrNotAllowed},
		{"group named like a user", always(Agent{ID: "x", Groups: []string{"anna"}}), Policy{Users: []string{"anna"}, Supervisors: []string{"anna"}}, "", 0, ErrNotAllowed},

		{"office", always(anna), office, "192.0.2.77:1", RoleAgent, nil},
		{"office, IPv6", always(anna), office, "[2001:db8::1%eth0]:1", RoleAgent, nil},
		{"office, IPv4 over IPv6", always(anna), office, "[::ffff:192.0.2.77]:1", RoleAgent, nil},
		{"office, prefix over IPv6", always(anna), office, "198.51.100.3:1", RoleAgent, nil},
		{"elsewhere", always(anna), office, "203.0.113.1:1", 0, ErrNotAllowed},
		{"elsewhere, IPv6", always(anna), office, "[2001:db9::1]:1", 0, ErrNotAllowed},
		{"nowhere", always(anna), office, "@", 0, ErrNotAllowed},
		{"elsewhere, a supervisor", always(anna), Policy{Supervisors: []string{"anna"}, Networks: office.Networks}, "203.0.113.1:1", 0, ErrNotAllowed},
		{"elsewhere, not signed in", never(ErrNoCredential), office, "203.0.113.1:1", 0, ErrNotAllowed},

		{"nobody", never(ErrNoCredential), Policy{}, "", 0, ErrNoCredential},
		{"not configured", None{}, Policy{}, "", 0, ErrNotConfigured},
		{"no ID", always(Agent{Groups: []string{"agents"}}), Policy{Groups: []string{"agents"}}, "", 0, ErrInvalidCredential},
		{"control character", always(Agent{ID: "anna\x00"}), Policy{}, "", 0, ErrInvalidCredential},
		{"white space", always(Agent{ID: " anna"}), Policy{}, "", 0, ErrInvalidCredential},
		{"empty group", always(Agent{ID: "anna", Groups: []string{""}}), Policy{}, "", 0, ErrInvalidCredential},
		{"too many groups", always(Agent{ID: "anna", Groups: make([]string, MaxGroups+1)}), Policy{}, "", 0, ErrInvalidCredential},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			id, err := Restrict(tt.id, tt.policy)
			if err != nil {
				t.Fatal(err)
			}
			for name, ask := range map[string]func(*http.Request) (Agent, error){
				"identify":   id.Identify,
				"revalidate": func(r *http.Request) (Agent, error) { return Revalidate(id, r) },
			} {
				who, err := ask(from(tt.peer))
				if !errors.Is(err, tt.refuse) || (err == nil) != (tt.refuse == nil) || (who.ID == "") != (err != nil) || who.Role != tt.role {
					t.Errorf("%s: got %+v, %v; want role %s, error %v", name, who, err, tt.role, tt.refuse)
				}
			}
		})
	}
}

func TestPeerAddr(t *testing.T) {
	for peer, want := range map[string]string{
		"192.0.2.1:80":            "192.0.2.1",
		"[2001:db8::1]:80":        "2001:db8::1",
		"[fe80::1%eth0]:80":       "fe80::1",
		"[::ffff:192.0.2.1]:80":   "192.0.2.1",
		"[::ffff:192.0.2.1%x]:80": "192.0.2.1",
		"192.0.2.1":               "invalid IP",
		"@":                       "invalid IP",
		"":                        "invalid IP",
	} {
		r := from(peer)
		r.Header.Set("X-Forwarded-For", "198.51.100.1")
		if got := PeerAddr(r).String(); got != want {
			t.Errorf("%q: %s, want %s", peer, got, want)
		}
	}
}

func TestRestrictWithAddressOfCaller(t *testing.T) {
	known := netip.MustParseAddr("192.0.2.7")
	id, err := Restrict(always(Agent{ID: "anna"}), Policy{
		Networks:   prefixes("192.0.2.0/24"),
		ClientAddr: func(*http.Request) netip.Addr { return known },
	})
	if err != nil {
		t.Fatal(err)
	}
	r := from("203.0.113.1:1")
	if _, err := id.Identify(r); err != nil {
		t.Error(err)
	}
	known = netip.Addr{}
	r.Header.Set("X-Forwarded-For", "192.0.2.7")
	if _, err := id.Identify(r); !errors.Is(err, ErrNotAllowed) {
		t.Errorf("an unknown address: %v", err)
	}
}

func TestRestrictRefuses(t *testing.T) {
	tests := []struct {
		name   string
		id     Identifier
		policy Policy
		want   string
	}{
		{"nothing to restrict", nil, Policy{}, "no identity source"},
		{"empty user", None{}, Policy{Users: []string{""}}, `user ""`},
		{"empty supervisor group", None{}, Policy{SupervisorGroups: []string{"a", ""}}, `supervisor group ""`},
		{"control character", None{}, Policy{Groups: []string{"a\n"}}, "group"},
		{"invalid prefix", None{}, Policy{Networks: []netip.Prefix{{}}}, "networks"},
		{"prefix that spans IPv4 and IPv6", None{}, Policy{Networks: prefixes("::ffff:0:0/95")}, "networks"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := Restrict(tt.id, tt.policy); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

func TestFirstOf(t *testing.T) {
	down := errors.New("connection refused")
	anna, bob := Agent{ID: "anna"}, Agent{ID: "bob"}
	signIn := &SignInError{Path: "/login", Err: ErrNoCredential}
	tests := []struct {
		name    string
		sources []Identifier
		want    Agent
		err     error
	}{
		{"none", nil, Agent{}, ErrNotConfigured},
		{"one", []Identifier{always(anna)}, anna, nil},
		{"the first", []Identifier{always(anna), always(bob)}, anna, nil},
		{"the second", []Identifier{never(ErrNoCredential), always(bob)}, bob, nil},
		{"after a sign-in page", []Identifier{never(signIn), always(bob)}, bob, nil},
		{"an invalid credential ends it", []Identifier{never(ErrInvalidCredential), always(bob)}, Agent{}, ErrInvalidCredential},
		{"an invalid sign-in ends it", []Identifier{never(&SignInError{Path: "/login", Err: ErrInvalidCredential}), always(bob)}, Agent{}, ErrInvalidCredential},
		{"who is not allowed is not asked again", []Identifier{never(ErrNotAllowed), always(bob)}, Agent{}, ErrNotAllowed},
		{"an error that does not say ends it", []Identifier{never(ErrUnidentified), always(bob)}, Agent{}, ErrUnidentified},
		{"a source that is down ends it", []Identifier{never(down), always(bob)}, Agent{}, down},
		{"a source that is not configured ends it", []Identifier{None{}, always(bob)}, Agent{}, ErrNotConfigured},
		{"nobody: where to sign in", []Identifier{never(ErrNoCredential), never(signIn), never(ErrNoCredential)}, Agent{}, signIn},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			id := FirstOf(tt.sources...)
			for _, ask := range []func(*http.Request) (Agent, error){id.Identify, func(r *http.Request) (Agent, error) { return Revalidate(id, r) }} {
				who, err := ask(from(""))
				if !errors.Is(err, tt.err) || err == nil && !reflect.DeepEqual(who, tt.want) || err != nil && tt.err == nil {
					t.Errorf("got %+v, %v; want %+v, %v", who, err, tt.want, tt.err)
				}
			}
		})
	}
}

func TestErrors(t *testing.T) {
	for _, err := range []error{ErrNoCredential, ErrInvalidCredential, ErrNotAllowed, &SignInError{Path: "/login", Err: ErrNoCredential}} {
		if !errors.Is(err, ErrUnidentified) || errors.Is(err, ErrNotConfigured) {
			t.Errorf("%v must be a kind of ErrUnidentified", err)
		}
	}
	for err, want := range map[error]string{
		&SignInError{Path: "/login", Err: ErrNoCredential}:      "/login",
		&SignInError{Path: "/login", Err: ErrInvalidCredential}: "/login",
		&SignInError{Path: "/login", Err: ErrNotAllowed}:        "", // would go round and round
		ErrNoCredential: "",
	} {
		if got := SignInPath(err); got != want {
			t.Errorf("%v: path %q, want %q", err, got, want)
		}
	}
	if SignInPath(nil) != "" {
		t.Error("no error, no path")
	}
}

func TestDisplayName(t *testing.T) {
	for in, want := range map[string]string{
		"Anna Müller":                            "Anna Müller",
		" \tAnna ":                               "Anna",
		"Anna\u202e\u2066\u200f":                 "Anna",
		"An\x00na\r\n":                           "Anna",
		"Ann\xffa":                               "Anna",
		"a\u2028b":                               "ab",
		"":                                       "",
		strings.Repeat("ü", MaxName+1):           strings.Repeat("ü", MaxName),
		strings.Repeat("ü", MaxName):             strings.Repeat("ü", MaxName),
		strings.Repeat("a", MaxName-1) + " bcde": strings.Repeat("a", MaxName-1),
	} {
		if got := DisplayName(in); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func FuzzDisplayName(f *testing.F) {
	f.Add("Anna\u202e\xff")
	f.Fuzz(func(t *testing.T, name string) {
		got := DisplayName(name)
		if DisplayName(got) != got || got != "" && !sound(got) && len(got) <= MaxText {
			t.Fatalf("%q became %q", name, got)
		}
	})
}

func TestRole(t *testing.T) {
	for role, want := range map[Role]string{RoleAgent: "agent", RoleSupervisor: "supervisor", Role(7): "agent"} {
		if role.String() != want {
			t.Errorf("role %d is %q", role, role)
		}
	}
}
