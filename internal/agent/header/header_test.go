package header

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"reflect"
	"strings"
	"testing"

	"github.com/cobrowse-proxy/cobrowse-proxy/internal/agent"
)

const (
	proxy    = "10.0.0.1:40000"
	stranger = "203.0.113.7:40000"
)

// source trusts 10.0.0.0/8 and takes the default headers unless edit says other.
func source(t testing.TB, edit func(*Config)) *Source {
	t.Helper()
	c := Config{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}
	if edit != nil {
		edit(&c)
	}
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// request comes from a peer with header fields as net/http would key them:
// pairs of key and value.
func request(peer string, fields ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/_cobrowse/desk", nil)
	r.RemoteAddr = peer
	for i := 0; i < len(fields); i += 2 {
		r.Header[fields[i]] = append(r.Header[fields[i]], fields[i+1])
	}
	return r
}

func TestIdentify(t *testing.T) {
	anna := agent.Agent{ID: "anna", Source: Name}
	full := agent.Agent{ID: "anna", Name: "Anna Müller", Email: "a@example.com", Groups: []string{"staff", "agents"}, Source: Name}
	tests := []struct {
		name   string
		edit   func(*Config)
		r      *http.Request
		want   agent.Agent
		refuse error
	}{
		{"user", nil, request(proxy, "Remote-User", "anna"), anna, nil},
		{"all", nil, request(proxy, "Remote-User", "anna", "Remote-Name", "Anna Müller", "Remote-Email", "a@example.com", "Remote-Groups", "staff, agents,staff"), full, nil},
		{"Authelia's empty ones", nil, request(proxy, "Remote-User", "anna", "Remote-Name", "", "Remote-Email", "", "Remote-Groups", ""), anna, nil},
		{"Authentik's", func(c *Config) {
			c.User, c.Name, c.Email, c.Groups, c.GroupSeparator = "X-authentik-username", "X-authentik-name", "X-authentik-email", "X-authentik-groups", '|'
		}, request(proxy, "X-Authentik-Username", "anna", "X-Authentik-Name", "Anna Müller", "X-Authentik-Email", "a@example.com", "X-Authentik-Groups", "staff|agents"), full, nil},
		{"IPv4 over an IPv6 socket", nil, request("[::ffff:10.0.0.1]:1", "Remote-User", "anna"), anna, nil},
		{"a name with a comma", nil, request(proxy, "Remote-User", "anna", "Remote-Name", "Müller, Anna"), agent.Agent{ID: "anna", Name: "Müller, Anna", Source: Name}, nil},
		{"a name that misleads is cleaned", nil, request(proxy, "Remote-User", "anna", "Remote-Name", "Anna\u202egnp"), agent.Agent{ID: "anna", Name: "Annagnp", Source: Name}, nil},

		{"nothing", nil, request(proxy), agent.Agent{}, agent.ErrNoCredential},
		{"nothing, from elsewhere", nil, request(stranger), agent.Agent{}, agent.ErrNoCredential},
		{"groups of nobody", nil, request(proxy, "Remote-Groups", "agents"), agent.Agent{}, agent.ErrNoCredential},
		{"empty user", nil, request(proxy, "Remote-User", ""), agent.Agent{}, agent.ErrInvalidCredential},
		{"blank user", nil, request(proxy, "Remote-User", " \t"), agent.Agent{}, agent.ErrInvalidCredential},
		{"two users", nil, request(proxy, "Remote-User", "anna", "Remote-User", "root"), agent.Agent{}, agent.ErrInvalidCredential},
		{"the same user twice", nil, request(proxy, "Remote-User", "anna", "Remote-User", "anna"), agent.Agent{}, agent.ErrInvalidCredential},
		{"a list of users", nil, request(proxy, "Remote-User", "anna, root"), agent.Agent{}, agent.ErrInvalidCredential},
		{"a control character", nil, request(proxy, "Remote-User", "an\x00na"), agent.Agent{}, agent.ErrInvalidCredential},
		{"a tab inside", nil, request(proxy, "Remote-User", "an\tna"), agent.Agent{}, agent.ErrInvalidCredential},
		{"a line end", nil, request(proxy, "Remote-User", "anna\r\nX: y"), agent.Agent{}, agent.ErrInvalidCredential},
		{"text that turns around", nil, request(proxy, "Remote-User", "anna\u202etoor"), agent.Agent{}, agent.ErrInvalidCredential},
		{"not UTF-8", nil, request(proxy, "Remote-User", "ann\xff"), agent.Agent{}, agent.ErrInvalidCredential},
		{"too long", nil, request(proxy, "Remote-User", strings.Repeat("a", agent.MaxText+1)), agent.Agent{}, agent.ErrInvalidCredential},
		{"two names", nil, request(proxy, "Remote-User", "anna", "Remote-Name", "Anna", "Remote-Name", "Root"), agent.Agent{}, agent.ErrInvalidCredential},
		{"two lists of groups", nil, request(proxy, "Remote-User", "anna", "Remote-Groups", "staff", "Remote-Groups", "agents"), agent.Agent{}, agent.ErrInvalidCredential},
		{"an empty group", nil, request(proxy, "Remote-User", "anna", "Remote-Groups", "staff,,agents"), agent.Agent{}, agent.ErrInvalidCredential},
		{"a control character in a group", nil, request(proxy, "Remote-User", "anna", "Remote-Groups", "staff,ag\x01ents"), agent.Agent{}, agent.ErrInvalidCredential},
		{"huge groups", nil, request(proxy, "Remote-User", "anna", "Remote-Groups", strings.Repeat("a,", MaxValue)+"a"), agent.Agent{}, agent.ErrInvalidCredential},
		{"another spelling beside", nil, request(proxy, "Remote-User", "anna", "Remote_User", "root"), agent.Agent{}, agent.ErrInvalidCredential},

		{"from elsewhere", nil, request(stranger, "Remote-User", "anna"), agent.Agent{}, agent.ErrInvalidCredential},
		{"from elsewhere, forwarded", nil, request(stranger, "Remote-User", "anna", "X-Forwarded-For", "10.0.0.1", "X-Real-Ip", "10.0.0.1", "Forwarded", "for=10.0.0.1"), agent.Agent{}, agent.ErrInvalidCredential},
		{"from a Unix socket", nil, request("@", "Remote-User", "anna"), agent.Agent{}, agent.ErrInvalidCredential},
		{"from nowhere", nil, request("", "Remote-User", "anna"), agent.Agent{}, agent.ErrInvalidCredential},
		{"groups from elsewhere", nil, request(stranger, "Remote-Groups", "agents"), agent.Agent{}, agent.ErrInvalidCredential},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := source(t, tt.edit).Identify(tt.r)
			if !reflect.DeepEqual(got, tt.want) || !errors.Is(err, tt.refuse) {
				t.Errorf("got %+v, %v; want %+v, %v", got, err, tt.want, tt.refuse)
			}
			if err != nil && (!errors.Is(err, agent.ErrUnidentified) || strings.Contains(err.Error(), "anna") || strings.Contains(err.Error(), "root")) {
				t.Errorf("error %q", err)
			}
		})
	}
}

// spellings are names that some program behind a proxy may read as Remote-User.
var spellings = []string{
	"Remote-User", "remote-user", "REMOTE-USER", "rEmOtE-uSeR",
	"Remote_User", "remote_user", "REMOTE_USER", "Remote_user",
	"Remote.User", "remote.user", "REMOTE.USER", "Remote.user",
	"Remote~User", "Remote+User", "Remote!User", "Remote User", " Remote-User", "Remote-User ", "Remote\tUser",
}

// TestForgedSpellings sends every header in every spelling, alone and beside
// the real one.
func TestForgedSpellings(t *testing.T) {
	s := source(t, nil)
	for _, kind := range []string{"User", "Name", "Groups", "Email"} {
		for _, spelling := range spellings {
			key := strings.NewReplacer("User", kind, "user", strings.ToLower(kind), "USER", strings.ToUpper(kind), "uSeR", strings.ToUpper(kind)).Replace(spelling)
			t.Run(fmt.Sprintf("%q", key), func(t *testing.T) {
				r := request(stranger, key, "root", "Remote-Users", "kept", "Xremote-User", "kept", "Cookie", "a=b")
				if got, err := s.Identify(r); !errors.Is(err, agent.ErrInvalidCredential) || got.ID != "" {
					t.Errorf("from elsewhere: %+v, %v", got, err)
				}
				if n := s.Clean(r); n != 1 || len(r.Header) != 3 {
					t.Errorf("%d removed, left %v", n, r.Header)
				}
				if got, err := s.Identify(r); !errors.Is(err, agent.ErrNoCredential) || got.ID != "" {
					t.Errorf("cleaned: %+v, %v", got, err)
				}
				if canonical := "Remote-" + kind; key != canonical {
					r = request(proxy, "Remote-User", "anna", key, "root")
					if got, err := s.Identify(r); !errors.Is(err, agent.ErrInvalidCredential) || got.ID != "" {
						t.Errorf("through the proxy: %+v, %v", got, err)
					}
					if n := s.Clean(r); n != 1 || len(r.Header) != 1 {
						t.Errorf("through the proxy: %d removed, left %v", n, r.Header)
					}
					if got, err := s.Identify(r); err != nil || got.ID != "anna" || got.Groups != nil {
						t.Errorf("through the proxy, cleaned: %+v, %v", got, err)
					}
				}
			})
		}
	}
}

// TestForgedOnTheWire sends what clients can really send, through net/http's
// own parser, to a server whose peer is not trusted, and to one where it is.
func TestForgedOnTheWire(t *testing.T) {
	for _, trusted := range []bool{false, true} {
		s := source(t, func(c *Config) {
			if trusted {
				c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
			}
		})
		seen := make(chan string, 1)
		server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			s.Clean(r)
			who, err := s.Identify(r)
			var left []string
			for key := range r.Header {
				if s.ours[fold(key)] {
					left = append(left, key)
				}
			}
			seen <- fmt.Sprintf("%s %t %v", who.ID, err == nil, left)
		}))
		defer server.Close()
		for _, spelling := range spellings[:15] {
			r, err := http.NewRequest(http.MethodGet, server.URL, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header[spelling] = []string{"root"}
			resp, err := server.Client().Do(r)
			if err != nil {
				t.Fatalf("%q: %v", spelling, err)
			}
			_ = resp.Body.Close()
			want := " false []"
			if trusted && strings.EqualFold(spelling, "Remote-User") {
				want = "root true [Remote-User]"
			}
			if got := <-seen; got != want {
				t.Errorf("trusted %t, %q: got %q, want %q", trusted, spelling, got, want)
			}
		}
	}
}

func TestTrailers(t *testing.T) {
	r := request(proxy, "Remote-User", "anna")
	r.Trailer = http.Header{"Remote_user": nil, "Remote-User": nil, "Digest": nil}
	if n := source(t, nil).Clean(r); n != 2 || len(r.Trailer) != 1 || len(r.Header) != 1 {
		t.Errorf("%d removed, left %v and %v", n, r.Trailer, r.Header)
	}
}

func TestNewRefuses(t *testing.T) {
	tests := []struct {
		name string
		edit func(*Config)
		want string
	}{
		{"good", func(*Config) {}, ""},
		{"underscores", func(c *Config) { c.User = "X_USER" }, ""},
		{"no proxies", func(c *Config) { c.TrustedProxies = nil }, "trusted proxies"},
		{"invalid prefix", func(c *Config) { c.TrustedProxies = []netip.Prefix{{}} }, "prefix"},
		{"no name", func(c *Config) { c.User = "Remote User" }, "header name"},
		{"injection", func(c *Config) { c.User = "X\r\nY" }, "header name"},
		{"two of one name", func(c *Config) { c.User, c.Name = "X-Who", "X_WHO" }, "spellings"},
		{"cookie", func(c *Config) { c.User = "Cookie" }, "meaning of its own"},
		{"x_forwarded_for", func(c *Config) { c.User = "x_forwarded_for" }, "meaning of its own"},
		{"letter as separator", func(c *Config) { c.GroupSeparator = 'a' }, "separator"},
		{"control as separator", func(c *Config) { c.GroupSeparator = '\n' }, "separator"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := Config{TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}}
			tt.edit(&c)
			_, err := New(c)
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

// FuzzIdentify asserts that no header makes an agent of a stranger, or one that
// no source may assert.
func FuzzIdentify(f *testing.F) {
	f.Add("Remote-User", "anna", "staff,agents", true)
	f.Add("remote_user", "anna", "a,,b", false)
	f.Add("Remote.User", "\u202e", "|", true)
	s := source(f, nil)
	f.Fuzz(func(t *testing.T, key, user, groups string, trusted bool) {
		peer := stranger
		if trusted {
			peer = proxy
		}
		r := request(peer, key, user, "Remote-Groups", groups)
		who, err := s.Identify(r)
		switch {
		case err == nil && (!trusted || key != "Remote-User"):
			t.Fatalf("%q from %s: %+v", key, peer, who)
		case err == nil && (who.Check() != nil || strings.Contains(who.ID, ",") || who.ID != strings.Trim(user, " \t")):
			t.Fatalf("%q: %+v", user, who)
		case err != nil && (!errors.Is(err, agent.ErrUnidentified) || !reflect.DeepEqual(who, agent.Agent{})):
			t.Fatalf("%+v, %v", who, err)
		}
		s.Clean(r)
		for left := range r.Header {
			if fold(left) == "remote-user" && (!trusted || left != "Remote-User") {
				t.Fatalf("%q is left", left)
			}
		}
	})
}

// FuzzParseGroups asserts that a list means the same after it is written anew.
func FuzzParseGroups(f *testing.F) {
	f.Add("a, b ,c", ",")
	f.Add("a|b", "|")
	f.Add(",", ",")
	f.Fuzz(func(t *testing.T, list, separator string) {
		if len(separator) != 1 || separator[0] >= 0x80 {
			return
		}
		groups, err := ParseGroups(list, separator)
		if err != nil {
			return
		}
		seen := make(map[string]bool)
		for _, g := range groups {
			if g == "" || seen[g] || strings.Contains(g, separator) || strings.TrimSpace(g) != g || !strings.Contains(list, g) {
				t.Fatalf("%q gives %q", list, groups)
			}
			seen[g] = true
		}
		again, err := ParseGroups(strings.Join(groups, separator), separator)
		if err != nil || !reflect.DeepEqual(again, groups) {
			t.Fatalf("%q, then %q, %v", groups, again, err)
		}
	})
}
