package caddymodule

import (
	"crypto/rand"
	"encoding/json"
	"net/url"
	"regexp"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/caddyauth"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/headers"
	"github.com/caddyserver/caddy/v2/modules/caddypki"
	"golang.org/x/crypto/bcrypt"

	"github.com/cobrowse-proxy/cobrowse-proxy/proxy"
)

// config builds Caddy's configuration of the command demo: what the command
// proxy runs, with the sandbox, and a desk behind a password.
func (o demoOptions) config() (*caddy.Config, error) {
	from, err := parseFrom(o.from)
	if err != nil {
		return nil, err
	}
	guard, err := o.guard()
	if err != nil {
		return nil, err
	}
	site, err := proxyOptions{to: o.to, changeHost: true}.route(from, o.handler())
	if err != nil {
		return nil, err
	}
	routes := caddyhttp.RouteList{guard}
	if home := stayHere(o.to); home != nil {
		routes = append(routes, caddyhttp.Route{HandlersRaw: []json.RawMessage{caddyconfig.JSONModuleObject(home, "handler", "headers", nil)}})
	}
	server := &caddyhttp.Server{Listen: []string{listen(from.Host, from.Port)}, Routes: append(routes, site)}
	if from.Scheme == "http" {
		server.AutoHTTPS = &caddyhttp.AutoHTTPSConfig{Disabled: true}
	} else {
		server.AutoHTTPS = &caddyhttp.AutoHTTPSConfig{DisableRedir: true}
	}
	app := caddyhttp.App{GracePeriod: caddy.Duration(proxyGrace), Servers: map[string]*caddyhttp.Server{"demo": server}}
	untrusted := false // a demo leaves nothing behind in the system's list of authorities
	pki := caddypki.PKI{CAs: map[string]*caddypki.CA{caddypki.DefaultCAID: {InstallTrust: &untrusted}}}
	return &caddy.Config{
		Admin:   noAdmin(),
		Logging: o.logging(),
		AppsRaw: caddy.ModuleMap{"http": caddyconfig.JSON(app, nil), "pki": caddyconfig.JSON(pki, nil)},
	}, nil
}

// handler shows all that a session can do, and masks what people type. Its
// credentials are made for the run: those of the environment would be Zoom's, and
// whoever finds the demo could have tokens that Zoom takes.
func (o demoOptions) handler() *Handler {
	on := true
	return &Handler{
		Provider:   providerSandbox,
		SDKKey:     proxy.SandboxKey,
		SDKSecrets: []string{newSecret()},
		Inject:     &Inject{Expose: true},
		Session:    &Session{AgentAnnotation: &on, CustomerAnnotation: &on, RemoteAssist: []string{"scroll_page"}, MultiTab: &on},
		Masks:      []Mask{{AllInput: true}},
		Video:      &VideoTokens{SDKKey: proxy.SandboxVideoKey, SDKSecrets: []string{newSecret()}, Customers: true, Agents: true},
		AgentsRaw:  caddyconfig.JSONModuleObject(new(CaddyUser), "provider", "caddy_user", nil),
	}
}

// newSecret is an SDK secret of 256 bits. The configuration that has it stays in
// this process: there is no admin API, and none is written down.
func newSecret() string { return rand.Text() + rand.Text() }

// guard asks for the agent's password at the desk.
func (o demoOptions) guard() (caddyhttp.Route, error) {
	hash, err := bcrypt.GenerateFromPassword([]byte(o.password), bcrypt.DefaultCost)
	if err != nil {
		return caddyhttp.Route{}, err
	}
	basic := caddyauth.HTTPBasicAuth{
		HashRaw:     caddyconfig.JSONModuleObject(new(caddyauth.BcryptHash), "algorithm", "bcrypt", nil),
		AccountList: []caddyauth.Account{{Username: demoAgent, Password: string(hash)}},
		HashCache:   new(caddyauth.Cache),
		Realm:       "cobrowse demo",
	}
	authentication := caddyauth.Authentication{ProvidersRaw: caddy.ModuleMap{"http_basic": caddyconfig.JSON(basic, nil)}}
	desk := caddyhttp.MatchPath{proxy.DefaultPath + "/desk*"}
	return caddyhttp.Route{
		MatcherSetsRaw: caddyhttp.RawMatcherSets{{"path": caddyconfig.JSON(desk, nil)}},
		HandlersRaw:    []json.RawMessage{caddyconfig.JSONModuleObject(authentication, "handler", "authentication", nil)},
	}, nil
}

// stayHere keeps redirects of the site to itself in the demo, and takes off
// what would send the browser to HTTPS. It returns nil where no address of the
// site has a host.
func stayHere(to []string) *headers.Handler {
	var hosts []string
	for _, address := range to {
		if !strings.Contains(address, "://") {
			address = "http://" + address
		}
		if u, err := url.Parse(address); err == nil && u.Hostname() != "" {
			hosts = append(hosts, regexp.QuoteMeta(u.Host))
		}
	}
	if len(hosts) == 0 {
		return nil
	}
	location := `(?i)^https?://(?:` + strings.Join(hosts, "|") + `)(/|$)`
	return &headers.Handler{Response: &headers.RespHeaderOps{
		HeaderOps: &headers.HeaderOps{
			Delete:  []string{"Strict-Transport-Security"},
			Replace: map[string][]headers.Replacement{"Location": {{SearchRegexp: location, Replace: "/"}}},
		},
		Deferred: true,
	}}
}

// logging keeps the terminal for the addresses: only faults are shown, unless
// debugging is asked for.
func (o demoOptions) logging() *caddy.Logging {
	log := new(caddy.CustomLog)
	log.Level = "ERROR"
	if o.debug {
		log.Level = "DEBUG"
	}
	return &caddy.Logging{Logs: map[string]*caddy.CustomLog{caddy.DefaultLoggerName: log}}
}
