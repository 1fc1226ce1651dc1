package caddymodule

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	"github.com/caddyserver/caddy/v2/caddyconfig/caddyfile"
	"github.com/caddyserver/caddy/v2/caddyconfig/httpcaddyfile"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/encode"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/headers"
	"github.com/caddyserver/caddy/v2/modules/caddyhttp/reverseproxy"
)

// config builds Caddy's configuration of the command proxy. The admin API is
// off, as for Caddy's own reverse-proxy command, since what runs is decided by
// flags.
func (o proxyOptions) config() (*caddy.Config, error) {
	from, err := parseFrom(o.from)
	if err != nil {
		return nil, err
	}
	route, err := o.route(from, o.handler(from))
	if err != nil {
		return nil, err
	}
	server := &caddyhttp.Server{
		Listen: []string{":" + from.Port},
		Routes: caddyhttp.RouteList{route},
	}
	if o.accessLog {
		server.Logs = new(caddyhttp.ServerLogConfig)
	}
	if from.Scheme == "http" {
		server.AutoHTTPS = &caddyhttp.AutoHTTPSConfig{Disabled: true}
	}
	app := caddyhttp.App{
		GracePeriod: caddy.Duration(proxyGrace),
		Servers:     map[string]*caddyhttp.Server{"proxy": server},
	}
	return &caddy.Config{
		Admin:   noAdmin(),
		Logging: o.logging(),
		AppsRaw: caddy.ModuleMap{"http": caddyconfig.JSON(app, nil)},
	}, nil
}

// noAdmin switches the admin API off, and with it the file that remembers what
// it was given.
func noAdmin() *caddy.AdminConfig {
	persist := false
	return &caddy.AdminConfig{Disabled: true, Config: &caddy.ConfigSettings{Persist: &persist}}
}

// parseFrom reads the address on which browsers are served and completes it: a
// host means HTTPS unless the scheme or port 80 says otherwise.
func parseFrom(text string) (httpcaddyfile.Address, error) {
	from, err := httpcaddyfile.ParseAddress(text)
	if err != nil {
		return from, fmt.Errorf("--from %q is no address: write a port such as :8080, or a host such as shop.example: %w", text, err)
	}
	switch from.Scheme {
	case "", "http", "https":
	default:
		return from, fmt.Errorf("--from %q has the scheme %s: only http and https are served", text, from.Scheme)
	}
	if from.Path != "" && from.Path != "/" {
		return from, fmt.Errorf("--from %q has a path: leave it out, the proxy serves the whole site", text)
	}
	const httpPort, httpsPort = caddyhttp.DefaultHTTPPort, caddyhttp.DefaultHTTPSPort
	if from.Scheme == "" {
		from.Scheme = "https"
		if from.Host == "" || from.Port == strconv.Itoa(httpPort) {
			from.Scheme = "http"
		}
	}
	if from.Port == "" {
		from.Port = strconv.Itoa(httpsPort)
		if from.Scheme == "http" {
			from.Port = strconv.Itoa(httpPort)
		}
	}
	return from, nil
}

// route chains encode, cobrowse and reverse_proxy.
func (o proxyOptions) route(from httpcaddyfile.Address, h *Handler) (caddyhttp.Route, error) {
	compress := new(encode.Encode)
	if err := compress.UnmarshalCaddyfile(line("encode")); err != nil {
		return caddyhttp.Route{}, err
	}
	upstream := new(reverseproxy.Handler)
	if err := upstream.UnmarshalCaddyfile(line("reverse_proxy", o.to...)); err != nil {
		return caddyhttp.Route{}, fmt.Errorf("--to: %w", err)
	}
	if o.changeHost {
		set := map[string][]string{"Host": {"{http.reverse_proxy.upstream.hostport}"}}
		upstream.Headers = &headers.Handler{Request: &headers.HeaderOps{Set: set}}
	}
	route := caddyhttp.Route{HandlersRaw: []json.RawMessage{
		caddyconfig.JSONModuleObject(compress, "handler", "encode", nil),
		caddyconfig.JSONModuleObject(h, "handler", "cobrowse", nil),
		caddyconfig.JSONModuleObject(upstream, "handler", "reverse_proxy", nil),
	}}
	if from.Host != "" {
		route.MatcherSetsRaw = []caddy.ModuleMap{{"host": caddyconfig.JSON(caddyhttp.MatchHost{from.Host}, nil)}}
	}
	return route, nil
}

// handler is the cobrowse handler. A site that is served over HTTPS under one
// name has a public origin that need not be told.
func (o proxyOptions) handler(from httpcaddyfile.Address) *Handler {
	h := &Handler{Path: o.path, ZoomHost: o.zoomHost, Origins: o.origins}
	if len(h.Origins) == 0 && from.Scheme == "https" && from.Host != "" && !strings.ContainsAny(from.Host, "*{") {
		origin := "https://" + from.Host
		if from.Port != strconv.Itoa(caddyhttp.DefaultHTTPSPort) {
			origin += ":" + from.Port
		}
		h.Origins = []string{origin}
	}
	if o.expose {
		h.Inject = &Inject{Expose: true}
	}
	return h
}

// logFilter keeps tokens out of the access log: addresses of this proxy have
// none, but Zoom's desk is opened with one, and sites have their own.
const logFilter = `{
	"format": "filter",
	"fields": {
		"request>uri": {
			"filter": "query",
			"actions": [
				{"type": "replace", "parameter": "access_token", "value": "REDACTED"},
				{"type": "replace", "parameter": "token", "value": "REDACTED"},
				{"type": "replace", "parameter": "pin", "value": "REDACTED"},
				{"type": "replace", "parameter": "q", "value": "REDACTED"}
			]
		}
	}
}`

// logging is Caddy's default log, with the flags applied.
func (o proxyOptions) logging() *caddy.Logging {
	if !o.debug && !o.accessLog {
		return nil
	}
	log := new(caddy.CustomLog)
	if o.debug {
		log.Level = "DEBUG"
	}
	if o.accessLog {
		log.EncoderRaw = json.RawMessage(logFilter)
	}
	return &caddy.Logging{Logs: map[string]*caddy.CustomLog{caddy.DefaultLoggerName: log}}
}

// line makes the tokens of a directive with arguments. Text from the command
// line never passes a Caddyfile's lexer, where it could become something else.
func line(directive string, args ...string) *caddyfile.Dispenser {
	tokens := []caddyfile.Token{{Text: directive}}
	for _, arg := range args {
		tokens = append(tokens, caddyfile.Token{Text: arg})
	}
	return caddyfile.NewDispenser(tokens)
}
